// Settings with several values: one of a few, some of a few, a list of texts.
import { html, useState } from "../lib/preact.js";
import { said, t } from "../core/language.js";
import { Labelled, newId } from "../ui/field.js";
import { draft } from "./draft.js";
import { useStore } from "../core/store.js";

/** One of the values that the schema names. */
export function Choice({ setting, part, label, help, error }) {
  const chosen = part.oneOf.findIndex((one) => one.const === setting.value);
  return html`<${Labelled} label=${label} help=${help} error=${error}>
    ${(attributes) => html`<select ...${attributes} value=${String(chosen)} onChange=${(event) => setting.set(part.oneOf[event.target.value].const)}>
      ${part.oneOf.map((one, at) => html`<option key=${at} value=${String(at)}>${said(one.title)}</option>`)}
    </select>`}
  <//>`;
}

/** Some of the values that the schema names, such as kinds of file. */
export function Kinds({ setting, part, label, help, error }) {
  const kinds = part.items.oneOf;
  const toggle = (kind, on) => setting.set(kinds.map((one) => one.const).filter((one) => (one === kind ? on : setting.value.includes(one))));
  return html`<fieldset class="kinds">
    <legend>${label}</legend>
    <small>${help}</small>
    <div>
      ${kinds.map((kind) => html`<label key=${kind.const}>
        <input type="checkbox" checked=${setting.value.includes(kind.const)} onChange=${(event) => toggle(kind.const, event.target.checked)} />
        ${said(kind.title)}
      </label>`)}
    </div>
    ${error && html`<small class="problem" role="alert" dir="auto">${error}</small>`}
  </fieldset>`;
}

/** A list of texts: a field for each, and one to add to it. A number typed stays what was typed; the server reads it. */
export function Texts({ at, setting, part, label, help, error, add = t("Add") }) {
  const [id] = useState(newId);
  const { errors } = useStore(draft);
  const items = setting.value ?? [];
  const replace = (place, value) => setting.set(items.map((item, one) => (one === place ? value : item)));
  const drop = (place) => setting.set(items.filter((_, one) => one !== place));
  function append(event) {
    event.preventDefault();
    setting.set([...items, ""]);
    requestAnimationFrame(() => document.getElementById(`${id}-${items.length}`)?.focus());
  }
  return html`<fieldset class="texts">
    <legend>${label}</legend>
    ${help && html`<small>${help}</small>`}
    ${items.map((item, place) => {
      const wrong = errors[`${at}/${place}`];
      return html`<div key=${place} class="row">
        <input
          id="${id}-${place}" dir="auto" value=${String(item)} aria-label=${t("{list}, {place}", { list: label, place: place + 1 })}
          aria-invalid=${wrong ? "true" : undefined} aria-describedby=${wrong ? `${id}-${place}-error` : undefined}
          maxlength=${part.items?.maxLength} autocomplete="off" spellcheck=${false} onInput=${(event) => replace(place, event.target.value)}
        />
        <button type="button" class="quiet" aria-label=${t("Remove {name}", { name: String(item) || place + 1 })} onClick=${() => drop(place)}>×</button>
        ${wrong && html`<small id="${id}-${place}-error" class="problem" role="alert" dir="auto">${said(wrong)}</small>`}
      </div>`;
    })}
    ${error && html`<small class="problem" role="alert" dir="auto">${error}</small>`}
    <button type="button" class="outline small" onClick=${append}>${add}</button>
  </fieldset>`;
}
