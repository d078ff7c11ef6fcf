// The way to what is wrong in the draft, wherever it is.
import { go, route } from "../core/router.js";

/** Which page shows what is below a pointer; Advanced shows the rest. */
const PAGES = { forwards: "connections", plugins: "plugins", login: "telegram" };

/** Move to the first field of this page that is wrong, or else to the page on which one is. */
export function showWrong(errors) {
  const first = document.querySelector("main [aria-invalid=true], main .connection.bad .name");
  if (first) {
    first.focus({ preventScroll: true });
    first.scrollIntoView({ block: "center" }); // not below the save bar
    return;
  }
  const part = Object.keys(errors)[0]?.split("/")[1];
  const page = PAGES[part] ?? "advanced";
  if (page !== route.value.page) go(page);
}
