// The door, for who is not logged in: what this is, and the ways in.
import { html, useEffect, useState } from "../lib/preact.js";
import { get } from "../core/api.js";
import { t } from "../core/language.js";
import { route, to } from "../core/router.js";
import { useStore } from "../core/store.js";
import { LanguageChoice } from "../ui/frame.js";
import { Forgotten } from "./entry/forgotten.js";
import { LogIn } from "./entry/log_in.js";
import { SignUp } from "./entry/sign_up.js";

const WAYS = { "sign-up": SignUp, forgotten: Forgotten };

export function Entry() {
  const { page } = useStore(route);
  const [policy, setPolicy] = useState(null);
  useEffect(() => {
    // Without an answer the form stands open: the server says then what is missing.
    get("/api/auth/policy").then(setPolicy, () => setPolicy({ registration: "open" }));
  }, []);
  const Way = Object.hasOwn(WAYS, page) ? WAYS[page] : LogIn;
  return html`<div class="door">
    <header><a class="brand" href=${to("")}>tgcfd</a><${LanguageChoice} /></header>
    <main><${Way} key=${page} policy=${policy} /></main>
    ${Way !== Forgotten && html`<${About} />`}
  </div>`;
}

/** What a newcomer has to know to want an account. */
function About() {
  return html`<section class="about">
    <h2>${t("What is this?")}</h2>
    <p>${t("tgcfd copies Telegram messages for you, from chats of yours to other chats, day and night.")}</p>
    <ul>
      <li>${t("From channels, groups and people, as yourself or as a bot.")}</li>
      <li>${t("On the way it can pick out what counts, replace words, or put a mark on pictures.")}</li>
      <li>${t("It runs here, not on your computer: close the page, and it goes on.")}</li>
      <li>${t("When something goes wrong, it says in plain words what to do.")}</li>
    </ul>
    <p>${t("You need an account here, and at Telegram your own account or a bot. The first steps show you how.")}</p>
  </section>`;
}
