// Entries of an audit log, a page at a time.
import { html, useState } from "../lib/preact.js";
import { get } from "../core/api.js";
import { Said, t } from "../core/language.js";
import { Button } from "./button.js";
import { Loaded, useLoaded } from "./loading.js";
import { Time } from "./time.js";

const PAGE = 20;

/** `path`: "/api/audit" or that of all; `query`: what to look for. */
export function Audit({ path, query = {} }) {
  const [more, setMore] = useState([]);
  const key = JSON.stringify(query);
  const first = useLoaded(async () => {
    const page = await get(path, { ...query, limit: PAGE });
    setMore([]);
    return page;
  }, [key]);
  return html`<${Loaded} from=${first} lines=${5}>
    ${(page) => {
      const pages = [page, ...more];
      const { next } = pages.at(-1);
      const older = async () => setMore([...more, await get(path, { ...query, before: next, limit: PAGE })]);
      const items = pages.flatMap((one) => one.items);
      if (!items.length) return html`<p>${t("Nothing yet.")}</p>`;
      return html`<ul class="rows">
          ${items.map(
            ({ id, time, text, times }) => html`<li key=${id}>
              <div><${Said} text=${text} />${times > 1 && html` <span class="chip">${t("{times} times", { times })}</span>`}<small><${Time} time=${time} /></small></div>
            </li>`,
          )}
        </ul>
        ${next && html`<${Button} kind="outline small" action=${older}>${t("Show older ones")}<//>`}`;
    }}
  <//>`;
}
