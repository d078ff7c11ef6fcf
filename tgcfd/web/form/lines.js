// Lists of texts: how the keyboard goes about them, and what they share in their looks.
import { html } from "../lib/preact.js";
import { t } from "../core/language.js";
import { valueAt } from "./pointer.js";
import { isRight } from "./draft.js";

/** A text of one line, shown in several where it is long: a field of one line would drop line breaks that are stored. */
export function Line({ onEnter, ...rest }) {
  function press(event) {
    if (event.key !== "Enter" || event.isComposing || !onEnter) return;
    event.preventDefault();
    onEnter();
  }
  return html`<textarea dir="auto" rows="1" autocomplete="off" autocapitalize="off" spellcheck=${false} enterkeyhint=${onEnter && "next"} onKeyDown=${press} ...${rest}></textarea>`;
}

/** Whether the texts of a list are patterns: the setting `regex` beside it says so. */
export const arePatterns = (now, at) => valueAt(now.mine, at.replace(/[^/]+$/, "regex")) === true;

/** The sign of a pattern that the server takes; its place is kept while that is not known. */
export const Verdict = ({ now, text }) => html`<span class="verdict">
  ${text !== "" && isRight(now) && html`<span role="img" aria-label=${t("A valid pattern")} title=${t("A valid pattern")}>✓</span>`}
</span>`;

/** What is wrong with one of a list. */
export const Wrong = ({ id, text }) => text && html`<small id=${id} class="problem" role="alert" dir="auto">${text}</small>`;

/** Move the focus to what has an id once it is drawn, and before the next key: Preact draws in a microtask as well. */
export const focus = (id) => queueMicrotask(() => document.getElementById(id)?.focus());
