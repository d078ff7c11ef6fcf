// Where one is logged in.
import { html } from "../../lib/preact.js";
import { get, remove } from "../../core/api.js";
import { t } from "../../core/language.js";
import { forget } from "../../core/session.js";
import { Button } from "../../ui/button.js";
import { confirm } from "../../ui/dialog.js";
import { Loaded, useLoaded } from "../../ui/loading.js";
import { Time } from "../../ui/time.js";

export function Devices() {
  const sessions = useLoaded(() => get("/api/auth/sessions"), []);
  async function end({ id }) {
    await remove(`/api/auth/sessions/${id}`);
    sessions.again();
  }
  async function endAll() {
    const question = { title: t("Log out everywhere?"), text: t("All log-ins end, this one too, and all API tokens. tgcf runs on."), yes: t("Log out everywhere"), kind: "danger" };
    if (!(await confirm(question))) return;
    await remove("/api/auth/sessions");
    forget();
  }
  return html`<section class="card">
    <h2>${t("Where you are logged in")}</h2>
    <${Loaded} from=${sessions} lines=${3}>
      ${({ items }) => html`<ul class="rows">
        ${items.map(
          (session) => html`<li key=${session.id}>
            <div>
              <strong dir="auto">${nameOf(session)}</strong>
              ${session.current && html`${" "}<span class="chip good">${t("This one")}</span>`}
              <small>${t("last used")} <${Time} time=${session.last_seen} />${session.address && html` · <span dir="auto">${session.address}</span>`}</small>
            </div>
            ${!session.current && html`<${Button} kind="outline small" action=${() => end(session)}>${t("Log out there")}<//>`}
          </li>`,
        )}
      </ul>`}
    <//>
    <${Button} kind="danger small" action=${endAll}>${t("Log out everywhere")}<//>
  </section>`;
}

const BROWSERS = [[/Edg\//, "Edge"], [/OPR\//, "Opera"], [/Firefox\//, "Firefox"], [/Chrom(e|ium)\//, "Chrome"], [/Safari\//, "Safari"]];
const SYSTEMS = [[/Android/, "Android"], [/iPhone|iPad/, "iOS"], [/Windows/, "Windows"], [/Mac OS X/, "macOS"], [/Linux/, "Linux"]];

/** What it is, as far as its own name tells; anybody can write anything there. */
function nameOf({ kind, user_agent: agent }) {
  const browser = BROWSERS.find(([pattern]) => pattern.test(agent))?.[1];
  const system = SYSTEMS.find(([pattern]) => pattern.test(agent))?.[1];
  if (browser && system) return t("{browser} on {system}", { browser, system });
  if (agent) return agent.slice(0, 80);
  return kind === "token" ? t("A program") : t("A browser");
}
