// Rules of the plugin "replace": what to look for and what to put there, in an order that counts.
import { html, useState } from "../lib/preact.js";
import { said, t } from "../core/language.js";
import { useStore } from "../core/store.js";
import { newId } from "../ui/field.js";
import { draft, edit } from "./draft.js";
import { Line, Verdict, Wrong, arePatterns, focus } from "./lines.js";
import { valueAt } from "./pointer.js";

export function Rules({ at, setting, label, help, error }) {
  const [id] = useState(newId);
  const [isAdding, setAdding] = useState(false);
  const now = useStore(draft);
  const rules = setting.value;
  const rows = isAdding ? [...rules, ["", ""]] : rules;
  function change(list) {
    const plugin = at.replace(/\/[^/]+$/, "");
    edit(plugin, { ...valueAt(draft.value.mine, plugin), text: list, text_raw: "" }); // which is written from the rules again
  }
  function put(place, rule) {
    if (place === rules.length) setAdding(false);
    change([...rules.slice(0, place), rule, ...rules.slice(place + 1)]);
  }
  function append() {
    setAdding(true);
    focus(`${id}-${rules.length}`);
  }
  function drop(place) {
    if (place === rules.length) setAdding(false);
    else change(rules.filter((_, other) => other !== place));
    focus(rows.length === 1 ? `${id}-add` : `${id}-${Math.min(place, rows.length - 2)}-drop`);
  }
  function move(place, by) {
    const list = [...rules];
    list.splice(place + by, 0, ...list.splice(place, 1));
    change(list);
    const isEnd = place + by === (by < 0 ? 0 : rules.length - 1); // where the button pressed can go no further
    focus(`${id}-${place + by}-${(by < 0) === isEnd ? "down" : "up"}`);
  }
  return html`<fieldset class="texts rules">
    <legend>${label}</legend>
    <small>${help}</small>
    ${rows.map(
      (rule, place) => html`<${Rule}
        key=${place} id="${id}-${place}" place=${place} rule=${rule} wrong=${said(now.errors[`${at}/${place}`] ?? "")}
        verdict=${arePatterns(now, at) && html`<${Verdict} now=${now} text=${rule[0]} />`}
        isFirst=${place === 0 || place === rules.length} isLast=${place >= rules.length - 1}
        onPut=${(changed) => put(place, changed)} onMove=${(by) => move(place, by)} onDrop=${() => drop(place)}
      />`,
    )}
    <${Wrong} text=${error} />
    <button type="button" id="${id}-add" class="outline small" onClick=${append}>${t("Add a rule")}</button>
  </fieldset>`;
}

function Rule({ id, place, rule: [find, put], wrong, verdict, isFirst, isLast, onPut, onMove, onDrop }) {
  const number = place + 1;
  return html`<div class="rule">
    <${Line}
      id=${id} value=${find} aria-label=${t("Rule {place}: look for", { place: number })} placeholder=${t("Look for")} maxlength="4096"
      aria-invalid=${wrong ? "true" : undefined} aria-describedby=${wrong ? `${id}-error` : undefined}
      onInput=${(event) => onPut([event.target.value, put])} onEnter=${() => focus(`${id}-put`)}
    />
    ${verdict}
    <span class="arrow" aria-hidden="true">→</span>
    <${Line}
      id="${id}-put" value=${put} aria-label=${t("Rule {place}: put there", { place: number })} placeholder=${t("Put there")} maxlength="4096"
      onInput=${(event) => onPut([find, event.target.value])}
    />
    <div class="moves">
      <button type="button" id="${id}-up" class="quiet" aria-label=${t("Move rule {place} up", { place: number })} disabled=${isFirst} onClick=${() => onMove(-1)}>↑</button>
      <button type="button" id="${id}-down" class="quiet" aria-label=${t("Move rule {place} down", { place: number })} disabled=${isLast} onClick=${() => onMove(1)}>↓</button>
      <button type="button" id="${id}-drop" class="quiet" aria-label=${t("Remove rule {place}", { place: number })} onClick=${onDrop}>×</button>
    </div>
    <${Wrong} id="${id}-error" text=${wrong} />
  </div>`;
}
