// One setting, drawn as the schema describes it: its title, its control, its explanation, and what is wrong with it.
import { html, useState } from "../lib/preact.js";
import { said } from "../core/language.js";
import { Labelled, newId } from "../ui/field.js";
import { Choice, Kinds, Texts } from "./lists.js";
import { Rules } from "./rules.js";
import { useSetting } from "./draft.js";
import { partOf, settingsOf } from "./schema.js";
import { Secret } from "./secret.js";

const LONG = 1000; // characters from which on a text gets several lines

/** Any setting but a secret or an object. `label` and `help` replace those of the schema. */
export function Setting({ at, label, help, ...rest }) {
  const part = partOf(at);
  const setting = useSetting(at);
  const words = {
    label: label ?? said(part.title),
    help: help ?? said(part.description ?? ""),
    error: setting.error && said(setting.error),
  };
  const Control = controlFor(part);
  return html`<${Control} ...${{ at, part, setting, ...words, ...rest }} />`;
}

/** All settings of an object, each by its kind; `without` leaves some out. */
export function Settings({ at, without = [] }) {
  return settingsOf(at)
    .filter((name) => !without.includes(name))
    .map((name) => html`<${Part} key=${name} at="${at}/${name}" />`);
}

function Part({ at }) {
  const part = partOf(at);
  if (!part.properties) return html`<${Setting} at=${at} />`;
  return html`<fieldset class="group">
    <legend>${said(part.title)}</legend>
    <p class="help">${said(part.description)}</p>
    <${Settings} at=${at} />
  </fieldset>`;
}

function controlFor(part) {
  if (part.writeOnly) return Secret;
  if (part.oneOf) return Choice;
  if (part.type === "boolean") return Switch;
  if (part.type === "array") return part.items.oneOf ? Kinds : Texts;
  if (part.type === "object") return Rules;
  const types = [part.type].flat();
  return types.includes("integer") && !types.includes("string") ? Whole : Text; // a chat may be a number
}

function Switch({ setting, label, help, error }) {
  const [id] = useState(newId);
  return html`<div class="field">
    <label for=${id}>
      <input
        type="checkbox" role="switch" id=${id} checked=${setting.value}
        aria-describedby="${id}-help" aria-invalid=${error ? "true" : undefined}
        onChange=${(event) => setting.set(event.target.checked)}
      />
      ${label}
    </label>
    <small id="${id}-help">${help}${error && html` <span class="problem" role="alert" dir="auto">${error}</span>`}</small>
  </div>`;
}

function Text({ at, setting, part, label, help, error, ...rest }) {
  const type = (event) => setting.set(event.target.value);
  const value = setting.value ?? "";
  return html`<${Labelled} label=${label} help=${help} error=${error}>
    ${(attributes) =>
      (part.maxLength ?? 0) > LONG && !rest.short
        ? html`<textarea ...${attributes} dir="auto" rows="3" value=${value} onInput=${type}></textarea>`
        : html`<input ...${attributes} dir="auto" value=${value} onInput=${type} autocomplete="off" spellcheck=${false} ...${rest} />`}
  <//>`;
}

/** A whole number. What is not one is kept as typed, for the server to say what is wrong with it; `unset` shows as empty. */
function Whole({ setting, label, help, error, unset }) {
  function type(event) {
    const typed = event.target.value.trim();
    if (typed === "") setting.set(0);
    else setting.set(/^-?\d{1,15}$/.test(typed) ? Number(typed) : typed);
  }
  return html`<${Labelled} label=${label} help=${help} error=${error}>
    ${(attributes) =>
      html`<input ...${attributes} class="short" inputmode="numeric" value=${setting.value === unset ? "" : (setting.value ?? "")} onInput=${type} autocomplete="off" />`}
  <//>`;
}
