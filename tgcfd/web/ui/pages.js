// Lists that come a page at a time.
import { html, useState } from "../lib/preact.js";
import { get } from "../core/api.js";
import { wordsOf } from "../core/notices.js";
import { t } from "../core/language.js";
import { Button } from "./button.js";
import { Loaded, useLoaded } from "./loading.js";

const PAGE = 50;

/**
 * Draws `children(items, again)` of a list of the API. `onward` is the parameter that takes the last answer's `next`.
 */
export function Pages({ path, query = {}, onward = "before", limit = PAGE, lines = 6, children }) {
  const [more, setMore] = useState({ of: null, pages: [] });
  const first = useLoaded(() => get(path, { ...query, limit }), [path, JSON.stringify(query)]);
  return html`<${Loaded} from=${first} lines=${lines}>
    ${(page) => {
      const pages = [page, ...(more.of === page ? more.pages : [])]; // those of an earlier question are forgotten
      const { next } = pages.at(-1);
      const goOn = async () => {
        const following = await get(path, { ...query, [onward]: next, limit });
        setMore({ of: page, pages: [...pages.slice(1), following] });
      };
      return html`${first.problem && html`<p class="problem" role="alert" dir="auto">${wordsOf(first.problem)}</p>`}
        ${children(pages.flatMap((one) => one.items), first.again)}
        ${next !== null && html`<${Button} kind="outline small" action=${goOn}>${t("Show more")}<//>`}`;
    }}
  <//>`;
}
