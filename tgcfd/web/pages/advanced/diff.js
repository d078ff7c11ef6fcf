// What differs between two versions: in words, and line by line.
import { html } from "../../lib/preact.js";
import { said, t } from "../../core/language.js";

export function Changes({ diff }) {
  const { changes, more } = diff;
  if (!changes.length) return html`<p>${t("Nothing differs.")}</p>`;
  return html`<ul class="changes">
    ${changes.map(
      (change) => html`<li key=${change.pointer}>
        <strong dir="auto">${inParts(change.words)}</strong>: ${what(change)}
      </li>`,
    )}
    ${more > 0 && html`<li>${t("And {count} more.", { count: more })}</li>`}
  </ul>`;
}

/** "Filter: Text: Hold back 2", each part in the person's language. */
export const inParts = (words) =>
  words
    .split(": ")
    .map((part) => part.replace(/^.*?(?=( \d+)?$)/, said))
    .join(": ");

function what({ kind, secret, old, new: now }) {
  if (secret) return t("another secret");
  if (kind === "added") return html`${t("added")} ${now !== undefined && html`<ins dir="auto">${shown(now)}</ins>`}`;
  if (kind === "removed") return html`${t("removed")} ${old !== undefined && html`<del dir="auto">${shown(old)}</del>`}`;
  return html`${old !== undefined && html`<del dir="auto">${shown(old)}</del>`} → ${now !== undefined && html`<ins dir="auto">${shown(now)}</ins>`}`;
}

const shown = (value) => (typeof value === "string" ? value || "“”" : JSON.stringify(value));

const KINDS = { "+": "added", "-": "removed" };

/** A unified diff; plus and minus stay, for who sees no colours. */
export function TextDiff({ text, cut }) {
  if (!text) return null;
  return html`<pre class="diff" tabindex="0" aria-label=${t("Line by line")}>${text
    .split("\n")
    .map((line, at) => html`<span key=${at} class=${line.startsWith("---") || line.startsWith("+++") ? "head" : (KINDS[line[0]] ?? "")}>${line}${"\n"}</span>`)}</pre>
    ${cut && html`<p>${t("The rest is left out; it is too long.")}</p>`}`;
}
