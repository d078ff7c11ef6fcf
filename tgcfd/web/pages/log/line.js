// A line of the log: its time, its level, and its text as it is.
import { html } from "../../lib/preact.js";
import { dateTime, t } from "../../core/language.js";
import { parts } from "./ansi.js";

/** The word and the kind of a level. */
export function levelOf(level) {
  if (["emerg", "alert", "crit", "error"].includes(level)) return ["bad", t("Error")];
  if (level === "warning") return ["warn", t("Warning")];
  return level === "debug" ? ["off", t("Detail")] : ["", ""];
}

export function Line({ line }) {
  const [kind, word] = levelOf(line.level);
  return html`<div class="line ${kind}">
    <time datetime=${line.time}>${dateTime(line.time, { timeStyle: "medium" })}</time>
    ${word && html`<span class="level">${word}</span>`}
    <span class="text" dir="auto">${styled(line.message)}</span>
  </div>`;
}

export const styled = (message) =>
  parts(message).map(({ text, classes }, at) => (classes ? html`<span key=${at} class=${classes}>${text}</span>` : text));
