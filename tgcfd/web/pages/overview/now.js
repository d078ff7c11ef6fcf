// The state in a sentence, what it has done so far, and the buttons that are right for it.
import { html, useState } from "../../lib/preact.js";
import { duration, number, t } from "../../core/language.js";
import { run, restart, stop } from "../../core/status.js";
import { notify, wordsOf } from "../../core/notices.js";
import { pageOf } from "../../form/wrong.js";
import { Button } from "../../ui/button.js";
import { StateChip, isWaiting } from "../../ui/state.js";
import { useEvery } from "../../ui/time.js";
import { Explained } from "./why.js";

export function Now({ now }) {
  const [problem, setProblem] = useState(null);
  useEvery(1);
  return html`<section class="card now" aria-labelledby="now">
    <div class="state">
      <${StateChip} status=${now} />
      <h2 id="now">${sentence(now)}</h2>
    </div>
    <div class="buttons"><${Buttons} now=${now} onProblem=${setProblem} /></div>
    ${problem && !now.isRunning && html`<${Refused} problem=${problem} />`}
    ${(now.counters || now.state === "starting") && html`<${Counters} now=${now} />`}
  </section>`;
}

/** What it does now, in a sentence. */
function sentence({ state, mode, startTime, reason }) {
  const time = startTime ? duration((Date.now() - new Date(startTime)) / 1000) : "";
  const isPast = mode === "past";
  return {
    starting: () => t("tgcf is starting and connects to Telegram."),
    running: () =>
      isWaiting({ state, reason })
        ? t("tgcf is running, but waits at the moment.")
        : isPast
        ? t("tgcf has been copying existing messages for {time}.", { time })
        : t("tgcf has been forwarding new messages for {time}.", { time }),
    restarting: () => t("tgcf is not running; it is tried again by itself in a moment."),
    stopping: () => t("tgcf is stopping."),
    stopped: () => t("tgcf is not running."),
    finished: () => t("tgcf has copied all existing messages and is done."),
    failed: () => t("tgcf is not running, and does not start again by itself."),
  }[state]();
}

function Buttons({ now, onProblem }) {
  const start = (mode) => async () => {
    onProblem(null);
    await run(mode);
  };
  async function again() {
    onProblem(null);
    await restart();
    notify(t("Restarted."));
  }
  const isThere = ["starting", "running", "restarting", "stopping"].includes(now.state);
  if (isThere) {
    return html`<${Button} kind="secondary" disabled=${now.state === "stopping"} action=${stop}>${t("Stop")}<//>
      <${Button} kind="outline" disabled=${now.state === "stopping"} onProblem=${onProblem} action=${again}>${t("Restart")}<//>`;
  }
  return html`<${Button} kind="run" action=${start("live")} onProblem=${onProblem}>${t("Run")}<//>
    <${Button} kind="outline" action=${start("past")} onProblem=${onProblem}>${t("Copy existing messages")}<//>`;
}

/** Why Run was refused. */
export function Refused({ problem }) {
  const messages = problem.errors.length ? problem.errors.map((one) => one.detail) : [wordsOf(problem)];
  const pages = [...new Set(problem.errors.map((one) => pageOf(one.pointer)))];
  return html`<div role="alert"><${Explained} code=${problem.code} messages=${messages} pages=${pages} /></div>`;
}

function Counters({ now }) {
  const { forwarded = 0, seen = 0, failed = 0, edited = 0, deleted = 0 } = now.counters ?? {}; // it has not counted yet: the place is kept
  const rows = [
    [t("Forwarded"), forwarded],
    [t("Seen in the sources"), seen],
    [t("Edited after"), edited],
    [t("Deleted after"), deleted],
    [t("Failed"), failed],
    [t("Started again by itself"), now.restarts],
  ];
  const always = 2; // the others are of interest only where there are any
  return html`<dl class="counters">
    ${rows.filter(([, count], at) => at < always || count).map(
      ([label, count]) => html`<div key=${label}><dt>${label}</dt><dd>${number(count)}</dd></div>`,
    )}
  </dl>`;
}
