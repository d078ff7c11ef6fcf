// Chats that cannot be used, while the other connections run.
import { html } from "../../lib/preact.js";
import { Said, t } from "../../core/language.js";
import { to } from "../../core/router.js";

const MOST = 20;

export function Problems({ now }) {
  if (!now.problems.length) return null;
  return html`<section class="card warn" aria-labelledby="problems">
    <h2 id="problems">${t.n(now.problems.length, "One chat is left out", "{count} chats are left out")}</h2>
    <p>
      ${now.isRunning ? t("The other connections work. Correct these, then restart.") : t("Correct these, then press Run.")}
    </p>
    <ul>
      ${now.problems.slice(0, MOST).map(
        ({ connection, chat, message }, at) => html`<li key=${at}>
          <strong dir="auto">${connection}</strong>${" "}<code dir="auto">${chat}</code>${" "}<${Said} text=${message} />
        </li>`,
      )}
    </ul>
    <a class="as-button" href=${to("connections")}>${t("Open Connections")}</a>
  </section>`;
}
