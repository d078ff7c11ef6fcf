// The parts of a page, one of which is shown; which one stands in the address.
import { html } from "../lib/preact.js";
import { t } from "../core/language.js";
import { route, to } from "../core/router.js";
import { useStore } from "../core/store.js";

/** `parts`: label and component of each by its name; the first is shown when the address names none. */
export function Tabs({ parts }) {
  const { page, query } = useStore(route);
  const wanted = query.get("part");
  const shown = Object.hasOwn(parts, wanted) ? wanted : Object.keys(parts)[0];
  const Part = parts[shown][1];
  return html`<nav class="tabs" aria-label=${t("Parts of this page")}>
      ${Object.entries(parts).map(
        ([name, [label]]) => html`<a key=${name} class="as-button" href=${to(page, { part: name })} aria-current=${name === shown ? "true" : undefined}>${label}</a>`,
      )}
    </nav>
    <${Part} key=${shown} />`;
}
