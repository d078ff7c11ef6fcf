// A secret: whether one is set, and a new one in its place. What is stored never comes back to the page.
import { html, useState } from "../lib/preact.js";
import { t } from "../core/language.js";
import { Password } from "../ui/field.js";

const KEPT = "********"; // what the server shows, and takes for "as it is"

export function Secret({ setting, label, help, error }) {
  const [before] = useState(setting.value);
  const isSet = setting.value === KEPT;
  if (isSet) {
    return html`<div class="field">
      <div class="label">${label}</div>
      <div class="row">
        <span class="chip good"><span aria-hidden="true">✓</span> ${t("Set")}</span>
        <button type="button" class="outline small" aria-label=${t("Replace or remove: {name}", { name: label })} onClick=${() => setting.set("")}>
          ${t("Replace or remove")}
        </button>
      </div>
      <small>${help}</small>
    </div>`;
  }
  return html`<div class="field">
    <${Password} label=${label} help=${help} error=${error} value=${setting.value} autocomplete="off" onInput=${(event) => setting.set(event.target.value.trim())} />
    ${before === KEPT &&
    html`<button type="button" class="outline small" onClick=${() => setting.set(KEPT)}>${t("Keep the one that is set")}</button>`}
  </div>`;
}
