// A secret: whether one is set, and a new one in its place. What is stored never comes back to the page.
import { html, useLayoutEffect, useRef } from "../lib/preact.js";
import { t } from "../core/language.js";
import { useStore } from "../core/store.js";
import { Password } from "../ui/field.js";
import { draft } from "./draft.js";
import { valueAt } from "./pointer.js";

export const KEPT = "********"; // what the server shows, and takes for "as it is"

export function Secret({ at, setting, part, label, help, error }) {
  const field = useRef();
  const pressed = useRef(false);
  const hasStored = valueAt(useStore(draft).base, at) === KEPT;
  const isSet = setting.value === KEPT;
  useLayoutEffect(() => {
    if (pressed.current) field.current.querySelector("input, button").focus(); // what was pressed is gone
    pressed.current = false;
  }, [isSet]);
  function press(value) {
    pressed.current = true;
    setting.set(value);
  }
  return html`<div ref=${field} class="field">
    ${isSet
      ? html`<div class="label">${label}</div>
          <div class="row">
            <span class="chip good"><span aria-hidden="true">✓</span> ${t("Set")}</span>
            <button type="button" class="outline small" aria-label=${t("Replace or remove: {name}", { name: label })} onClick=${() => press("")}>
              ${t("Replace or remove")}
            </button>
          </div>
          <small>${help}</small>`
      : html`<${Password} label=${label} help=${help} error=${error} value=${setting.value} maxlength=${part.maxLength} autocomplete="off"
            onInput=${(event) => setting.set(event.target.value.trim())} />
          ${hasStored &&
          html`<div class="row">
            <button type="button" class="outline small" onClick=${() => press(KEPT)}>${t("Keep the one that is set")}</button>
            <small>${t("Left empty, it is removed when you save.")}</small>
          </div>`}`}
  </div>`;
}
