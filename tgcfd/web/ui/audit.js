// Entries of an audit log.
import { html } from "../lib/preact.js";
import { circumstances, particulars, titles } from "../core/audit.js";
import { Said, t } from "../core/language.js";
import { Pages } from "./pages.js";
import { Time } from "./time.js";

/** `path`: "/api/audit" or that of all; `query`: what to look for. */
export function Audit({ path, query }) {
  return html`<${Pages} path=${path} query=${query} limit=${20}>
    ${(items) =>
      items.length === 0
        ? html`<p>${t("Nothing is found.")}</p>`
        : html`<ul class="rows">
            ${items.map((entry) => html`<${Entry} key=${entry.id} entry=${entry} />`)}
          </ul>`}
  <//>`;
}

function Entry({ entry }) {
  const { event, time, until, times, text } = entry;
  const title = titles()[event];
  const facts = [particulars(entry), ...circumstances(entry)].filter(Boolean);
  return html`<li>
    <div>
      ${title ? html`<strong>${title}</strong>` : html`<${Said} text=${text} />`}${" "}
      ${times > 1 && html`<span class="chip">${t("{times} times", { times })}</span>`}
      ${title && html`<small>${facts.map((fact, at) => html`${at > 0 && " · "}<span dir="auto">${fact}</span>`)}</small>`}
    </div>
    <small><${Time} time=${time} />${times > 1 && html` – <${Time} time=${until} />`}</small>
  </li>`;
}
