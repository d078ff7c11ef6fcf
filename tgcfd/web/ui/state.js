// The state of the person's tgcf in a word, with a colour and a sign.
import { html } from "../lib/preact.js";
import { t } from "../core/language.js";
import { explain } from "../core/reasons.js";

const SIGNS = {
  starting: ["◔", "busy"],
  running: ["●", "good"],
  restarting: ["↻", "warn"],
  stopping: ["◔", "busy"],
  stopped: ["■", "off"],
  finished: ["✓", "good"],
  failed: ["✕", "bad"],
};

/** The word for a state. */
export function wordOf(state) {
  return {
    starting: t("Starting"),
    running: t("Running"),
    restarting: t("Waiting to try again"),
    stopping: t("Stopping"),
    stopped: t("Stopped"),
    finished: t("Finished"),
    failed: t("Not running"),
  }[state] ?? state;
}

/** Whether it runs, but can do nothing at the moment, such as without a connection to Telegram. */
export const isWaiting = ({ state, reason }) => state === "running" && Boolean(reason && explain(reason.code).wait);

export function StateChip({ status }) {
  if (!status) return html`<span class="chip busy">…</span>`;
  const [sign, kind] = isWaiting(status) ? ["◔", "warn"] : (SIGNS[status.state] ?? ["?", "off"]);
  return html`<span class="chip ${kind}"><span aria-hidden="true">${sign}</span> ${wordOf(status.state)}</span>`;
}
