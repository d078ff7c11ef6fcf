// A line of the log: its time, its level, and its text as it is.
import { html } from "../../lib/preact.js";
import { language, t } from "../../core/language.js";
import { parts, plain } from "./ansi.js";
import { found } from "./filter.js";

/** The kind, sign and word of a level that people have to know of; of the others, empty ones. */
export function levelOf(priority) {
  if (priority <= 3) return ["bad", "✕", t("Error")];
  if (priority === 4) return ["warn", "▲", t("Warning")];
  return priority === 7 ? ["off", "·", t("Detail")] : ["", "", ""];
}

const clocks = new Map(); // to make one takes longer than to draw a line

/** A time in the person's language and time zone; `options` is one of those below. */
export function told(at, options) {
  const formats = clocks.get(options) ?? clocks.set(options, new Map()).get(options);
  const code = language.value;
  if (!formats.has(code)) formats.set(code, new Intl.DateTimeFormat(code, options));
  return formats.get(code).format(at);
}

export const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
export const DAY = { dateStyle: "full" };
export const EXACT = { dateStyle: "full", timeStyle: "medium", hourCycle: "h23" };

/** Lines as text, for who copies them. */
export const asText = (lines) => lines.filter(({ kind }) => kind === "line").map(inText).join("\n");

function inText({ at, priority, message }) {
  const time = new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString();
  const word = levelOf(priority)[2];
  return `${time.slice(0, 10)} ${time.slice(11, 19)} ${word ? `${word}: ` : ""}${plain(message)}`;
}

/** The sign of a level, with its word for who does not see it. */
export function Level({ priority }) {
  const [, sign, word] = levelOf(priority);
  return html`<span class="level" title=${word || undefined}
    ><span aria-hidden="true">${sign}</span>${word && html`<span class="hidden">${word}: </span>`}</span
  >`;
}

/** A whole line, as long as it is. */
export function Line({ line }) {
  return html`<div class="line ${levelOf(line.priority)[0]}">
    <time datetime=${new Date(line.at).toISOString()}>${told(line.at, CLOCK)}</time>
    <${Level} priority=${line.priority} />
    <span class="text" dir="auto">${styled(line.message)}</span>
  </div>`;
}

/** A text with its colours, and what is searched in it marked. */
export const styled = (message, q = "") => drawn(parts(message), q);

const SHOWN = 400; // characters of a row: no window is wider
const NEAR = 60;
// Of a row: what has another colour, or is found, at each letter would hold the page up.
const STYLES = 40;
const MARKS = 10;

/** The same of the beginning alone; or of where the first match is, if that would not be seen. */
export function inShort(message, q = "") {
  const pieces = parts(message, STYLES);
  const [first = 0] = found(textOf(pieces), q, 1)[0] ?? [];
  const begin = first > NEAR ? first - NEAR / 2 : 0;
  const shown = [];
  let at = 0;
  for (const { text, classes } of pieces) {
    const part = text.slice(Math.max(0, begin - at), Math.max(0, begin + SHOWN - at));
    if (part) shown.push({ text: part, classes });
    at += text.length;
  }
  if (begin) shown.unshift({ text: "… ", classes: "" });
  return drawn(shown, q, MARKS);
}

const textOf = (pieces) => pieces.map(({ text }) => text).join("");

function drawn(pieces, q, most) {
  const marks = found(textOf(pieces), q, most);
  if (!marks.length) return pieces.map(({ text, classes }, at) => piece(text, classes, at));
  const all = [];
  let at = 0;
  for (const { text, classes } of pieces) {
    for (const [begin, end, isFound] of cuts(marks, at, at + text.length)) {
      const words = piece(text.slice(begin - at, end - at), classes, begin);
      all.push(isFound ? html`<mark key=${begin}>${words}</mark>` : words);
    }
    at += text.length;
  }
  return all;
}

const piece = (text, classes, key) => (classes ? html`<span key=${key} class=${classes}>${text}</span>` : text);

/** The stretch from `begin` to `end`, cut where a mark begins or ends. */
function cuts(marks, begin, end) {
  const found = [];
  let at = begin;
  for (const [from, to] of marks) {
    if (to <= at || from >= end) continue;
    if (from > at) found.push([at, from, false]);
    found.push([Math.max(from, at), Math.min(to, end), true]);
    at = Math.min(to, end);
  }
  if (at < end) found.push([at, end, false]);
  return found;
}
