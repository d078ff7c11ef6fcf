// Asks whose value stays where the same setting was changed here and elsewhere.
import { html } from "../lib/preact.js";
import { said, t } from "../core/language.js";
import { useStore } from "../core/store.js";
import { Dialog } from "../ui/dialog.js";
import { draft, settle } from "./draft.js";
import { valueAt } from "./pointer.js";
import { partOf } from "./schema.js";

export function Conflicts() {
  const { both, base, mine } = useStore(draft);
  if (!both.length) return null;
  const settleAll = (theirs) => both.forEach((pointer) => settle(pointer, theirs));
  const actions = html`
    <button type="button" class="secondary" onClick=${() => settleAll(true)}>${t("Take all of theirs")}</button>
    <button type="button" onClick=${() => settleAll(false)}>${t("Keep all of mine")}</button>
  `;
  return html`<${Dialog} wide title=${t("Changed here and elsewhere")} onClose=${() => settleAll(false)} actions=${actions}>
    <p>${t("Somebody has saved other values meanwhile. Nothing of yours is lost: choose what to go on with, then save.")}</p>
    <dl class="conflicts">
      ${both.map(
        (pointer) => html`<div key=${pointer}>
          <dt>${titleOf(pointer)}</dt>
          <dd><span>${t("Yours")}</span><code dir="auto">${shown(valueAt(mine, pointer))}</code></dd>
          <dd>
            <span>${t("Stored meanwhile")}</span><code dir="auto">${shown(valueAt(base, pointer))}</code>
            <button type="button" class="outline small" onClick=${() => settle(pointer, true)}>${t("Take this")}</button>
          </dd>
        </div>`,
      )}
    </dl>
  <//>`;
}

/** A value in words: of a list each in a line, of rules what is put where. */
function shown(value) {
  if (typeof value === "boolean") return value ? t("On") : t("Off");
  if (!Array.isArray(value)) return typeof value === "string" ? value : JSON.stringify(value, null, 1);
  return value.map((one) => (Array.isArray(one) ? one.join(" → ") : shown(one))).join("\n");
}

/** The titles of a place from the outside in: "Filter: Text: Hold back". */
function titleOf(pointer) {
  const words = pointer.split("/").slice(1);
  const titles = words.map((word, at) => {
    const title = said(partOf(`/${words.slice(0, at + 1).join("/")}`)?.title ?? word);
    return /^\d+$/.test(word) ? `${title} ${Number(word) + 1}` : title;
  });
  return titles.join(": ");
}
