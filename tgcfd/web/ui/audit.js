// Entries of an audit log.
import { html } from "../lib/preact.js";
import { Said, t } from "../core/language.js";
import { Pages } from "./pages.js";
import { Time } from "./time.js";

/** `path`: "/api/audit" or that of all; `query`: what to look for. */
export function Audit({ path, query }) {
  return html`<${Pages} path=${path} query=${query} limit=${20}>
    ${(items) =>
      items.length === 0
        ? html`<p>${t("Nothing yet.")}</p>`
        : html`<ul class="rows">
            ${items.map(
              ({ id, time, text, times }) => html`<li key=${id}>
                <div>
                  <${Said} text=${text} />${times > 1 && html` <span class="chip">${t("{times} times", { times })}</span>`}
                  <small><${Time} time=${time} /></small>
                </div>
              </li>`,
            )}
          </ul>`}
  <//>`;
}
