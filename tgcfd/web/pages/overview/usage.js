// What the person's tgcf takes of the host: memory and processor, now and over the last hour.
import { html, useEffect, useState } from "../../lib/preact.js";
import { get } from "../../core/api.js";
import { on } from "../../core/events.js";
import { bytes, number, t } from "../../core/language.js";
import { Chart } from "../../ui/chart.js";
import { Loaded, useLoaded } from "../../ui/loading.js";

const MOST = 240; // points: an hour

export function Usage({ now }) {
  const loaded = useLoaded(() => get("/api/usage"), [now.pid]);
  return html`<section class="card" aria-labelledby="usage">
    <h2 id="usage">${t("Memory and processor")}</h2>
    <div class="usage"><${Loaded} from=${loaded} lines=${5}>${(usage) => html`<${Shown} usage=${usage} />`}<//></div>
  </section>`;
}

function Shown({ usage }) {
  const [points, setPoints] = useState(usage.history ?? []);
  useEffect(() => setPoints(usage.history ?? []), [usage]);
  useEffect(() => on("usage", (frame) => setPoints((before) => [...before, frame].slice(-MOST))), []);
  const last = points.at(-1) ?? usage;
  const { limits } = usage;
  const memory = last.memory_bytes === null ? "–" : bytes(last.memory_bytes);
  const cpu = last.cpu_percent === null || last.cpu_percent === undefined ? "–" : `${number(Math.round(last.cpu_percent * 10) / 10)} %`;
  return html`<dl class="counters">
      <div><dt>${t("Memory")}</dt><dd>${memory} <small>${t("of {most}", { most: bytes(limits.memory_mib * 1024 * 1024) })}</small></dd></div>
      <div><dt>${t("Processor")}</dt><dd>${cpu} <small>${t("of {most}", { most: `${limits.cpu_percent} %` })}</small></dd></div>
    </dl>
    <div class="charts">
      <${Chart} label=${t("Memory in the last hour")} points=${points.map((one) => [one.time, one.memory_bytes])} words=${bytes} />
      <${Chart} label=${t("Processor in the last hour")} points=${points.map((one) => [one.time, one.cpu_percent])} words=${percent} />
    </div>`;
}

const percent = (value) => `${number(Math.round(value))} %`;
