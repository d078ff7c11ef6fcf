// Which page is shown: the part of the address behind "#/", such as #/log?q=error.
import { onSomebodyElse } from "./session.js";
import { Store } from "./store.js";

export const route = new Store(read());

const guards = new Set();

function read() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  return { page: path, query: new URLSearchParams(query ?? "") };
}

/** The address of a page, for links. */
export function to(page, query = {}) {
  const words = new URLSearchParams(query).toString();
  return `#/${page}${words ? `?${words}` : ""}`;
}

export function go(page, query) {
  location.hash = to(page, query);
}

/** Change the query of this page without a step in the browser's history. */
export function keepInAddress(query) {
  history.replaceState(null, "", to(route.value.page, query));
}

/** Go to a page without a step in the browser's history, for an address that is nothing to come back to. */
export function replace(page) {
  history.replaceState(null, "", to(page));
  route.set(read());
}

/** Ask before the tab is closed, or one logs out, as long as `isUnsaved()` says so. */
export const guard = (isUnsaved) => guards.add(isUnsaved);

/** Whether something would be lost if one left. */
export const isGuarded = () => [...guards].some((isUnsaved) => isUnsaved());

onSomebodyElse(() => replace(route.value.page)); // without what was looked for
addEventListener("hashchange", () => route.set(read()));
addEventListener("beforeunload", (event) => {
  if (isGuarded()) event.preventDefault();
});
