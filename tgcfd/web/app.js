// Begins the page: the language, who is logged in, then the page that the address names.
import { html, render, useEffect, useErrorBoundary, useState } from "./lib/preact.js";
import { language, speak, t } from "./core/language.js";
import { wordsOf } from "./core/notices.js";
import { replace, route } from "./core/router.js";
import { find, user } from "./core/session.js";
import { useStore } from "./core/store.js";
import "./core/colours.js";
import "./core/events.js";
import { Questions } from "./ui/dialog.js";
import { Frame } from "./ui/frame.js";
import { Skeleton } from "./ui/loading.js";
import { Notices } from "./ui/notices.js";
import { Title } from "./ui/title.js";
import { Entry } from "./pages/entry.js";
import { useInvite } from "./pages/entry/invite.js";
import { SaveBar } from "./form/savebar.js";
import { NewVersion } from "./ui/new_version.js";

/** Each page by its address: its label, and its module, which is fetched when somebody goes there. */
const PAGES = {
  "": [() => t("Overview"), () => import("./pages/overview.js")],
  connections: [() => t("Connections"), () => import("./pages/connections.js")],
  plugins: [() => t("Plugins"), () => import("./pages/plugins.js")],
  telegram: [() => t("Telegram"), () => import("./pages/telegram.js")],
  log: [() => t("Log"), () => import("./pages/log.js")],
  advanced: [() => t("Advanced"), () => import("./pages/advanced.js")],
  profile: [() => t("Profile"), () => import("./pages/profile.js")],
  admin: [() => t("Admin"), () => import("./pages/admin.js")],
};

function App() {
  const person = useStore(user);
  useStore(language); // all is drawn again in the new one, and nothing that was typed is lost
  if (person === undefined) return html`<${Finding} />`;
  return html`<div class=${person ? "app" : "entry"}>
    ${person ? html`<${Inside} key=${person.slug} person=${person} />` : html`<${Entry} />`}
    <${NewVersion} />
    <${Notices} />
    <${Questions} />
  </div>`;
}

/** Until it is known who is logged in. */
function Finding() {
  const [problem, setProblem] = useState(null);
  const look = () => find().then(() => setProblem(null), setProblem);
  useEffect(() => void look(), []);
  if (!problem) return html`<p class="boot" aria-busy="true">tgcfd</p>`;
  return html`<main class="boot">
    <h1>tgcfd</h1>
    <p role="alert">${wordsOf(problem)}</p>
    <button type="button" onClick=${look}>${t("Try again")}</button>
  </main>`;
}

function Inside({ person }) {
  const { page } = useStore(route);
  const listed = Object.keys(PAGES).filter((name) => name !== "admin" || person.role === "admin");
  const name = Object.hasOwn(PAGES, page) ? page : ""; // who is no admin reads on that page that it is for admins
  useInvite(person);
  useEffect(() => {
    if (name !== page) replace(name); // such as from the door, or mistyped
  }, [name, page]);
  return html`<${Frame} pages=${listed.map((one) => [one, PAGES[one][0]()])}>
    <${Page} key=${name} label=${PAGES[name][0]()} load=${PAGES[name][1]} />
    <${SaveBar} />
  <//>`;
}

/** A page: its heading at once, the rest when its module is here. */
function Page({ label, load }) {
  const [Content, setContent] = useState(null);
  const [broken, forget] = useErrorBoundary((error) => console.error(error));
  const [missing, setMissing] = useState(null);
  const fetchIt = () => {
    setMissing(null);
    load().then((module) => setContent(() => module.default), setMissing);
  };
  useEffect(fetchIt, []);
  if (broken) return html`<${Broken} label=${label} again=${forget} />`;
  if (missing) return html`<${Broken} label=${label} again=${fetchIt} />`;
  return html`<${Title} text=${label} />
    ${Content ? html`<${Content} />` : html`<${Skeleton} lines=${6} />`}`;
}

function Broken({ label, again }) {
  return html`<${Title} text=${label} />
    <div class="problem" role="alert">
      <p>${t("This page could not be shown. Try again; if that does not help, reload the page in the browser.")}</p>
      <button type="button" onClick=${again}>${t("Try again")}</button>
      ${" "}<button type="button" class="secondary" onClick=${() => location.reload()}>${t("Reload")}</button>
    </div>`;
}

speak()
  .catch(() => {}) // without its catalogue the page speaks English
  .then(() => render(html`<${App} />`, document.getElementById("app"), undefined));
