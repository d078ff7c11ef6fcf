// A labelled field of a form, with its explanation and what is wrong with it, both read out with it.
import { html, useState } from "../lib/preact.js";
import { t } from "../core/language.js";
import { useError } from "./form.js";

let count = 0;

/** A new id for a label to point at. */
export const newId = () => `f${(count += 1)}`;

/** What stands around any control: `children(attributes)` draws it. */
export function Labelled({ label, help, error, children, id: given }) {
  const [id] = useState(() => given ?? newId());
  const described = [help && `${id}-help`, error && `${id}-error`].filter(Boolean).join(" ") || undefined;
  return html`<div class="field">
    <label for=${id}>${label}</label>
    ${children({ id, "aria-describedby": described, "aria-invalid": error ? "true" : undefined })}
    ${help && html`<small id="${id}-help" dir="auto">${help}</small>`}
    ${error && html`<small id="${id}-error" class="problem" role="alert" dir="auto">${error}</small>`}
  </div>`;
}

/** A field of a Form by its `name`; what the server says of it is shown at it. */
export function Field({ name, label, help, type = "text", value, ...rest }) {
  const error = useError(`/${name}`);
  if (type === "password") return html`<${Password} ...${{ name, label, help, error, ...rest }} />`;
  // Not type="email": Chromium would make xn--mller-kva.de of müller.de.
  const kind = type === "email" ? { type: "text", inputmode: "email", autocapitalize: "off", spellcheck: false } : { type };
  return html`<${Labelled} label=${label} help=${help} error=${error}>
    ${(attributes) => html`<input ...${attributes} name=${name} ...${kind} defaultValue=${value} ...${rest} />`}
  <//>`;
}

/** A field of a Form to choose from: `options` as `[value, words]`; `onChange` is given the value. */
export function Choice({ name, label, help, value, options, onChange }) {
  const error = useError(`/${name}`);
  return html`<${Labelled} label=${label} help=${help} error=${error}>
    ${(attributes) => html`<select ...${attributes} name=${name} onChange=${(event) => onChange?.(event.target.value)}>
      ${options.map(([one, words]) => html`<option key=${one} value=${one} selected=${one === value}>${words}</option>`)}
    </select>`}
  <//>`;
}

/** A password or another secret, which can be looked at while it is typed. */
export function Password({ label, help, error, ...rest }) {
  const [shown, setShown] = useState(false);
  return html`<${Labelled} label=${label} help=${help} error=${error}>
    ${(attributes) => html`<div class="secret">
      <input ...${attributes} type=${shown ? "text" : "password"} autocapitalize="off" spellcheck=${false} ...${rest} />
      <button type="button" class="quiet show" aria-label=${shown ? t("Hide what is typed") : t("Show what is typed")} onClick=${() => setShown(!shown)}>
        ${shown ? t("Hide") : t("Show")}
      </button>
    </div>`}
  <//>`;
}
