// What is left to do before the first run, ticked off as it is done.
import { html } from "../../lib/preact.js";
import { t } from "../../core/language.js";
import { to } from "../../core/router.js";
import { useStore } from "../../core/store.js";
import { draft, load } from "../../form/draft.js";
import { Loaded, useLoaded } from "../../ui/loading.js";

export function FirstSteps({ now }) {
  const loaded = useLoaded(() => load().then(() => true), []);
  const { base } = useStore(draft);
  if (!base) return loaded.problem ? html`<${Loaded} from=${loaded}>${() => null}<//>` : null;
  const steps = stepsOf(base);
  const hasRun = Boolean(now.mode);
  if (hasRun && steps.every(({ done }) => done)) return null;
  return html`<section class="card" aria-labelledby="steps">
    <h2 id="steps">${hasRun ? t("Before tgcf can run") : t("First steps")}</h2>
    <ol class="steps">
      ${steps.map(
        ({ done, title, text, page, label }, at) => html`<li key=${at} class=${done ? "done" : ""}>
          <span class="sign" aria-hidden="true">${done ? "✓" : at + 1}</span>
          <div>
            <strong>${title}</strong>${" "}${done && html`<span class="chip good">${t("Done")}</span>`}
            <p>${text}</p>
            ${!done && html`<a class="as-button" href=${to(page)}>${label}</a>`}
          </div>
        </li>`,
      )}
      ${!hasRun &&
      html`<li>
        <span class="sign" aria-hidden="true">3</span>
        <div><strong>${t("Press Run")}</strong><p>${t("Then write something in the source, and watch it arrive.")}</p></div>
      </li>`}
    </ol>
  </section>`;
}

function stepsOf({ login, forwards }) {
  const isLinked = Boolean(login.API_ID && login.API_HASH && (login.user_type ? login.SESSION_STRING : login.BOT_TOKEN));
  const hasConnection = forwards.some(({ use_this: used, source, dest }) => used && source !== "" && dest.length);
  return [
    {
      done: isLinked,
      title: t("Link Telegram"),
      text: t("A bot or your own account reads the messages and sends them on."),
      page: "telegram",
      label: t("Open Telegram"),
    },
    {
      done: hasConnection,
      title: t("Add a connection"),
      text: t("It says from which chat messages are taken, and to which they are sent."),
      page: "connections",
      label: t("Open Connections"),
    },
  ];
}
