// Where one is logged in.
import { html, useState } from "../../lib/preact.js";
import { get, remove } from "../../core/api.js";
import { dateTime, t } from "../../core/language.js";
import { notify } from "../../core/notices.js";
import { forgetAfter } from "../../core/session.js";
import { Button } from "../../ui/button.js";
import { confirm } from "../../ui/dialog.js";
import { Loaded, useLoaded } from "../../ui/loading.js";

const FEW = 5;

export function Devices() {
  const sessions = useLoaded(() => get("/api/auth/sessions"), []);
  async function end(session) {
    const name = nameOf(session);
    const question = { title: t("Log out there?"), text: t("{name} has to log in again. tgcf runs on.", { name }), yes: t("Log out there") };
    if (!(await confirm(question))) return;
    await remove(`/api/auth/sessions/${session.id}`);
    notify(t("{name} is logged out.", { name }));
    sessions.again();
  }
  async function endAll() {
    const question = { title: t("Log out everywhere?"), text: t("All log-ins end, this one too, and all API tokens. tgcf runs on."), yes: t("Log out everywhere"), kind: "danger" };
    if (!(await confirm(question))) return;
    await forgetAfter(remove("/api/auth/sessions"));
    notify(t("You are logged out everywhere."));
  }
  return html`<section class="card">
    <h2>${t("Where you are logged in")}</h2>
    <p class="help">${t("If you do not know one of these, log it out and change the password.")}</p>
    <${Loaded} from=${sessions} lines=${3}>${({ items }) => html`<${List} sessions=${sorted(items)} onEnd=${end} />`}<//>
    <${Button} kind="danger small" action=${endAll}>${t("Log out everywhere")}<//>
  </section>`;
}

/** This one first, then the latest. */
const sorted = (sessions) =>
  [...sessions].sort((one, other) => other.current - one.current || other.last_seen.localeCompare(one.last_seen));

function List({ sessions, onEnd }) {
  const [isWhole, setIsWhole] = useState(false);
  const shown = isWhole ? sessions : sessions.slice(0, FEW);
  return html`<ul class="rows">
      ${shown.map(
        (session) => html`<li key=${session.id}>
          <div>
            <strong dir="auto">${nameOf(session)}</strong>
            ${session.current && html`${" "}<span class="chip good">${t("This one")}</span>`}
            <small>${t("Last used {time}.", { time: dateTime(session.last_seen) })}${" "}
              ${session.address && html`<bdi>${t("From {address}.", { address: session.address })}</bdi>`}</small>
            <small>${t("Logged in {time}.", { time: dateTime(session.created) })}</small>
          </div>
          ${!session.current &&
          html`<${Button} kind="outline small" aria-label=${t("Log out there: {name}", { name: nameOf(session) })} action=${() => onEnd(session)}>${t("Log out there")}<//>`}
        </li>`,
      )}
    </ul>
    ${shown.length < sessions.length &&
    html`<p><button type="button" class="outline small" onClick=${() => setIsWhole(true)}>${t.n(sessions.length - FEW, "Show one more", "Show {count} more")}</button></p>`}`;
}

const BROWSERS = [[/Edg\//, "Edge"], [/OPR\//, "Opera"], [/Firefox\/|FxiOS\//, "Firefox"], [/Chrom(e|ium)\/|CriOS\//, "Chrome"], [/Safari\//, "Safari"]];
const SYSTEMS = [[/Android/, "Android"], [/iPhone|iPad/, "iOS"], [/Windows/, "Windows"], [/Mac OS X/, "macOS"], [/Linux/, "Linux"]];

/** What it is, as far as its own name tells; anybody can write anything there. */
function nameOf({ kind, user_agent: agent }) {
  const browser = BROWSERS.find(([pattern]) => pattern.test(agent))?.[1];
  const system = SYSTEMS.find(([pattern]) => pattern.test(agent))?.[1];
  if (kind === "cookie" && browser && system) return t("{browser} on {system}", { browser, system });
  if (kind === "cookie") return agent.slice(0, 80) || t("A browser");
  return agent ? t("A program: {name}", { name: agent.slice(0, 80) }) : t("A program");
}
