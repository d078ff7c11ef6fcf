// The way to what is wrong in the draft, wherever it is.
import { go, route } from "../core/router.js";

const PAGES = { forwards: "connections", plugins: "plugins", login: "telegram" };

/** The page that shows the setting at a pointer; Advanced shows the rest. */
export const pageOf = (pointer) => PAGES[pointer.split("/")[1]] ?? "advanced";

/** Move to the first field of this page that is wrong, or else to the page on which one is. */
export function showWrong(errors) {
  const first = document.querySelector("main [aria-invalid=true], main .connection.bad .name");
  if (first) {
    first.focus({ preventScroll: true });
    first.scrollIntoView({ block: "center" }); // not below the save bar
    return;
  }
  const page = pageOf(Object.keys(errors)[0] ?? "");
  if (page !== route.value.page) go(page);
}
