// Settings with several values: one of a few, some of a few, a list of texts.
import { html, useState } from "../lib/preact.js";
import { said, t } from "../core/language.js";
import { Labelled, newId } from "../ui/field.js";
import { draft } from "./draft.js";
import { Line, Verdict, Wrong, arePatterns, focus } from "./lines.js";
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

/**
 * A list of texts: a field for each, and one to add to it. A number typed stays what was typed; the server reads it. The
 * field that was added last is in the list once something stands in it.
 */
export function Texts({ at, setting, part, label, help, error, add = t("Add") }) {
  const [id] = useState(newId);
  const [isAdding, setAdding] = useState(false);
  const now = useStore(draft);
  const items = setting.value ?? [];
  const rows = isAdding ? [...items, ""] : items;
  function put(place, texts) {
    if (place === items.length) setAdding(false);
    setting.set([...items.slice(0, place), ...texts, ...items.slice(place + 1)]);
  }
  function next(place) {
    if (place === rows.length - 1 && rows[place] === "") return;
    if (place === rows.length - 1) setAdding(true);
    focus(`${id}-${place + 1}`);
  }
  function append() {
    setAdding(true);
    focus(`${id}-${items.length}`);
  }
  function drop(place) {
    if (place === items.length) setAdding(false);
    else put(place, []);
    focus(rows.length === 1 ? `${id}-add` : `${id}-${Math.min(place, rows.length - 2)}-drop`);
  }
  function paste(event, place) {
    const texts = linesOf(event);
    if (!texts) return;
    put(place, texts);
    focus(`${id}-${place + texts.length - 1}`);
  }
  return html`<fieldset class="texts">
    <legend>${label}</legend>
    ${help && html`<small>${help}</small>`}
    ${rows.map(
      (item, place) => html`<${Item}
        key=${place} id="${id}-${place}" text=${String(item)} label=${t("{list}, {place}", { list: label, place: place + 1 })}
        wrong=${said(now.errors[`${at}/${place}`] ?? "")} remove=${t("Remove {name}", { name: String(item) || place + 1 })}
        verdict=${arePatterns(now, at) && html`<${Verdict} now=${now} text=${item} />`} maxlength=${part.items?.maxLength}
        onPut=${(text) => put(place, [text])} onEnter=${() => next(place)} onPaste=${(event) => paste(event, place)} onDrop=${() => drop(place)}
      />`,
    )}
    <${Wrong} text=${error} />
    <button type="button" id="${id}-add" class="outline small" onClick=${append}>${add}</button>
  </fieldset>`;
}

function Item({ id, text, label, wrong, verdict, remove, onPut, onDrop, ...rest }) {
  return html`<div class="row">
    <${Line}
      id=${id} value=${text} aria-label=${label} aria-invalid=${wrong ? "true" : undefined} aria-describedby=${wrong ? `${id}-error` : undefined}
      onInput=${(event) => onPut(event.target.value)} ...${rest}
    />
    ${verdict}
    <button type="button" id="${id}-drop" class="quiet" aria-label=${remove} onClick=${onDrop}>×</button>
    <${Wrong} id="${id}-error" text=${wrong} />
  </div>`;
}

/** What is pasted, if it is several lines: each becomes one of the list, the first within what stands there. */
function linesOf(event) {
  const lines = event.clipboardData.getData("text/plain").split(/\r?\n/).filter((line) => line.trim() !== "");
  if (lines.length < 2) return null;
  event.preventDefault();
  const { value, selectionStart, selectionEnd } = event.target;
  const last = lines.length - 1;
  return lines.map((line, at) => (at ? "" : value.slice(0, selectionStart)) + line.trim() + (at === last ? value.slice(selectionEnd) : ""));
}
