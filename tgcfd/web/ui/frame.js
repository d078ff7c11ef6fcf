// What stands around each page: the name, the state of the person's tgcf, the way to the other pages.
import { html, useEffect, useRef, useState } from "../lib/preact.js";
import { choose as chooseColours, chosen } from "../core/colours.js";
import { connection, retry } from "../core/events.js";
import { LANGUAGES, choose, language, t } from "../core/language.js";
import { notifyOf } from "../core/notices.js";
import { isGuarded, route, to } from "../core/router.js";
import { logOut, user } from "../core/session.js";
import { status } from "../core/status.js";
import { useStore } from "../core/store.js";
import { confirmLoss } from "./dialog.js";
import { StateChip } from "./state.js";

/** `pages`: `[name, label]` of each in the order of the menu. */
export function Frame({ pages, children }) {
  const { page } = useStore(route);
  const person = useStore(user);
  const [open, setOpen] = useState(false);
  const main = useRef();
  useEffect(() => setOpen(false), [page]);
  return html`<a class="skip" href="#main" onClick=${(event) => skip(event, main.current)}>${t("Skip to content")}</a>
    <header class="top">
      <a class="brand" href=${to("")}>tgcfd</a>
      <${StateChip} status=${useStore(status)} />
      <button type="button" class="menu quiet" aria-expanded=${open ? "true" : "false"} aria-controls="nav" onClick=${() => setOpen(!open)}>
        ${t("Menu")}
      </button>
    </header>
    <nav id="nav" class=${open ? "open" : ""} aria-label=${t("Pages")}>
      <ul>
        ${pages.map(
          ([name, label]) => html`<li key=${name}>
            <a href=${to(name)} aria-current=${page === name ? "page" : undefined}>${label}</a>
          </li>`,
        )}
      </ul>
      <div class="who">
        <span dir="auto">${person.name || person.email}</span>
        <${LanguageChoice} />
        <${ColoursChoice} />
        <button type="button" class="quiet" onClick=${() => leave().catch(notifyOf)}>${t("Log out")}</button>
      </div>
    </nav>
    <main id="main" ref=${main}><${Away} />${children}</main>`;
}

/** Log out, unless the person would rather keep what is not saved; says whether they are. */
export async function leave() {
  if (isGuarded() && !(await confirmLoss(t("Log out")))) return false;
  await logOut();
  return true;
}

function skip(event, main) {
  event.preventDefault(); // the address is the page's
  main.querySelector("h1")?.focus();
}

/** Said while there is no way to the server: what is shown may be old. */
function Away() {
  const now = useStore(connection);
  const words = {
    away: () => t("No connection to the server. What you see may be out of date; it is tried again by itself."),
    crowded: () => t("The page is open too often, and shows here nothing new by itself. Close some of its tabs."),
  }[now];
  return html`<div role="status">
    ${words &&
    html`<div class="banner warn">
      <span>${words()}</span>
      <button type="button" class="quiet" onClick=${retry}>${t("Try now")}</button>
    </div>`}
  </div>`;
}

export function LanguageChoice() {
  const now = useStore(language);
  return html`<select class="language" aria-label=${t("Language")} value=${now} onChange=${(event) => choose(event.target.value).catch(notifyOf)}>
    ${Object.entries(LANGUAGES).map(([code, name]) => html`<option key=${code} value=${code} lang=${code}>${name}</option>`)}
  </select>`;
}

function ColoursChoice() {
  const words = { auto: t("Colours: automatic"), light: t("Colours: light"), dark: t("Colours: dark") };
  return html`<select class="language" aria-label=${t("Colours")} value=${useStore(chosen)} onChange=${(event) => chooseColours(event.target.value)}>
    ${Object.entries(words).map(([name, label]) => html`<option key=${name} value=${name}>${label}</option>`)}
  </select>`;
}
