// Whose tgcf runs, and what it takes. Nobody pushes others' state: it is as old as the page says.
import { html, useEffect, useState } from "../../lib/preact.js";
import { get } from "../../core/api.js";
import { bytes, duration, number, t } from "../../core/language.js";
import { wordsOf } from "../../core/notices.js";
import { explain } from "../../core/reasons.js";
import { Button } from "../../ui/button.js";
import { Loaded, useLoaded } from "../../ui/loading.js";
import { StateChip, wordOf } from "../../ui/state.js";
import { useEvery } from "../../ui/time.js";
import { Person } from "./person.js";

const AT_ONCE = 200; // the most that the server gives
const MOST = 2000; // what a browser sorts without anybody waiting
const SHOWN = 100;

/** All of them, so that they can be sorted. */
async function fetchAll() {
  const time = new Date();
  const items = [];
  let next;
  do {
    const page = await get("/api/admin/workers", { limit: AT_ONCE, after: next });
    items.push(...page.items);
    ({ next } = page);
  } while (next !== null && items.length < MOST);
  return { items, time, isAll: next === null };
}

export function Workers() {
  const [turn, setTurn] = useState(0);
  const [open, setOpen] = useState(null);
  const loaded = useLoaded(fetchAll, [turn]);
  const again = () => setTurn((before) => before + 1);
  useEffect(() => {
    const look = () => document.hidden || again();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);
  return html`<${Loaded} from=${loaded} lines=${8}>
      ${(all) => html`<div class="tools">
          <p class="grow">${summary(all.items)} <${Age} time=${all.time} /></p>
          <button type="button" class="outline small" onClick=${again}>${t("Look again")}</button>
        </div>
        ${loaded.problem && html`<p class="problem" role="alert" dir="auto">${wordsOf(loaded.problem)}</p>`}
        ${!all.isAll && html`<p class="help">${t("These are the first {count}.", { count: number(all.items.length) })}</p>`}
        ${all.items.length > 0 && html`<${Table} ...${all} onOpen=${setOpen} />`}`}
    <//>
    ${open && html`<${Person} slug=${open} onClose=${() => setOpen(null)} onChanged=${again} />`}`;
}

/** It goes on while one looks, which shows that the rest does not. */
function Age({ time }) {
  useEvery(1);
  return html`<small>${t("As it was {time} ago.", { time: duration((Date.now() - time) / 1000) })}</small>`;
}

function summary(items) {
  const running = items.filter(({ state }) => state === "running").length;
  const memory = items.reduce((sum, { usage }) => sum + (usage?.memory_bytes ?? 0), 0);
  if (items.length === 0) return t("Nobody's tgcf runs.");
  return t("{running} of {count} run, and take {memory} of memory.", { running: number(running), count: number(items.length), memory: bytes(memory) });
}

/** The columns: label, what they are sorted by, greatest first. */
const columns = () => ({
  who: [t("Who"), ({ slug }) => slug, false],
  state: [t("State"), ({ state }) => wordOf(state), false],
  age: [t("Running for"), ({ started }) => (started ? Date.now() - Date.parse(started) : null), true],
  restarts: [t("Started again"), ({ restarts }) => restarts, true],
  memory: [t("Memory"), ({ usage }) => usage?.memory_bytes ?? null, true],
  cpu: [t("Processor time"), ({ usage }) => usage?.cpu_seconds ?? null, true],
});

function Table({ items, time, onOpen }) {
  const [sort, setSort] = useState({ by: "who", down: false });
  const [shown, setShown] = useState(SHOWN);
  const sorted = [...items].sort(comparing(columns()[sort.by][1], sort.down));
  const press = (by) => setSort({ by, down: by === sort.by ? !sort.down : columns()[by][2] });
  return html`<table class="cards">
      <thead>
        <tr>
          ${Object.entries(columns()).map(
            ([name, [label]]) => html`<th key=${name} scope="col" aria-sort=${name !== sort.by ? undefined : sort.down ? "descending" : "ascending"}>
              <button type="button" class="quiet" onClick=${() => press(name)}>${label} <span aria-hidden="true">${name !== sort.by ? "" : sort.down ? "▼" : "▲"}</span></button>
            </th>`,
          )}
        </tr>
      </thead>
      <tbody>
        ${sorted.slice(0, shown).map((worker) => html`<${Row} key=${worker.slug} worker=${worker} time=${time} onOpen=${onOpen} />`)}
      </tbody>
    </table>
    ${shown < sorted.length && html`<${Button} kind="outline small" action=${async () => setShown(shown + SHOWN)}>${t("Show more")}<//>`}`;
}

function Row({ worker, time, onOpen }) {
  const { slug, state, reason, mode, started, restarts, usage } = worker;
  const labels = columns();
  const isOn = ["starting", "running"].includes(state);
  return html`<tr>
    <td><button type="button" class="link" dir="auto" onClick=${() => onOpen(slug)}>${slug}</button></td>
    <td>
      <${StateChip} status=${{ state }} />
      ${reason && html`<small>${explain(reason).title}</small>`}
      ${isOn && mode && html`<small>${mode === "past" ? t("existing messages") : t("new messages")}</small>`}
    </td>
    <td data-label=${labels.age[0]}>${started ? duration((time - new Date(started)) / 1000) : "–"}</td>
    <td data-label=${labels.restarts[0]}>${number(restarts)}</td>
    <td data-label=${labels.memory[0]}>${amount(usage?.memory_bytes, bytes)}</td>
    <td data-label=${labels.cpu[0]}>${amount(usage?.cpu_seconds, processor)}</td>
  </tr>`;
}

/** By a value, those that have none last; equals stay as they are. */
function comparing(value, down) {
  const order = (one, other) => (typeof one === "string" ? one.localeCompare(other) : one - other);
  return (a, b) => {
    const [one, other] = [value(a), value(b)];
    if (one === null || other === null) return (one === null) - (other === null);
    return down ? order(other, one) : order(one, other);
  };
}

const processor = (seconds) => (seconds < 60 ? t("{seconds} s", { seconds: number(Math.round(seconds * 10) / 10) }) : duration(seconds));
const amount = (value, words) => (value === null || value === undefined ? "–" : words(value));
