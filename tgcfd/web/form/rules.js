// Rules of the plugin "replace": what to look for and what to put there, in an order that counts.
import { html, useEffect, useRef, useState } from "../lib/preact.js";
import { said, t } from "../core/language.js";
import { useStore } from "../core/store.js";
import { newId } from "../ui/field.js";
import { draft, edit } from "./draft.js";
import { below, same } from "./pointer.js";

/** Rules are an object in the configuration, so two that look for the same cannot both be: the rows are kept here. */
export function Rules({ at, setting, label, help, error }) {
  const [id] = useState(newId);
  const { errors } = useStore(draft);
  const [rows, setRows] = useState(() => Object.entries(setting.value));
  const told = useRef(setting.value);
  useEffect(() => {
    if (same(told.current, setting.value)) return;
    told.current = setting.value; // changed from elsewhere
    setRows(Object.entries(setting.value));
  }, [setting.value]);
  function change(next) {
    setRows(next);
    told.current = Object.fromEntries(next.filter(([find]) => find !== ""));
    edit(at.replace(/[^/]+$/, "text_raw"), ""); // written from the rules again
    setting.set(told.current);
  }
  const replace = (place, row) => change(rows.map((one, other) => (other === place ? row : one)));
  const twice = (place) => rows.some(([find], other) => other < place && find === rows[place][0] && find !== "");
  function append() {
    change([...rows, ["", ""]]);
    requestAnimationFrame(() => document.getElementById(`${id}-${rows.length}`)?.focus());
  }
  return html`<fieldset class="texts rules">
    <legend>${label}</legend>
    <small>${help}</small>
    ${rows.map(([find, put], place) => {
      const wrong = twice(place) ? t("This is looked for above already; only one of both can be kept.") : said(errors[below(at, find)] ?? "");
      return html`<div key=${place} class="row two">
        <input id="${id}-${place}" dir="auto" value=${find} aria-label=${t("Rule {place}: look for", { place: place + 1 })} placeholder=${t("Look for")}
          aria-invalid=${wrong ? "true" : undefined} spellcheck=${false} onInput=${(event) => replace(place, [event.target.value, put])} />
        <input dir="auto" value=${put} aria-label=${t("Rule {place}: put there", { place: place + 1 })} placeholder=${t("Put there")}
          spellcheck=${false} onInput=${(event) => replace(place, [find, event.target.value])} />
        <button type="button" class="quiet" aria-label=${t("Remove rule {place}", { place: place + 1 })} onClick=${() => change(rows.filter((_, other) => other !== place))}>×</button>
        ${wrong && html`<small class="problem" role="alert" dir="auto">${wrong}</small>`}
      </div>`;
    })}
    ${error && html`<small class="problem" role="alert" dir="auto">${error}</small>`}
    <button type="button" class="outline small" onClick=${append}>${t("Add a rule")}</button>
  </fieldset>`;
}
