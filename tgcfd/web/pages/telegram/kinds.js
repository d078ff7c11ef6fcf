// Bot or account, with what each can and cannot do.
import { html } from "../../lib/preact.js";
import { t } from "../../core/language.js";
import { useSetting } from "../../form/draft.js";

const BOT = 0;
export const USER = 1;

const kinds = () => [
  {
    kind: BOT,
    title: t("A bot"),
    can: [t("Made in a minute, in Telegram itself"), t("Forwards new messages of chats that it was added to")],
    cannot: [t("Does not see the chats that you see"), t("Cannot copy messages that are there already")],
  },
  {
    kind: USER,
    title: t("Your own account"),
    can: [t("Sees every chat that you see"), t("Forwards new messages, and copies those that are there already")],
    cannot: [t("Takes a session string, which is made on a computer")],
  },
];

export function Kinds() {
  const { value, set } = useSetting("/login/user_type");
  return html`<fieldset class="choices">
    <legend class="hidden">${t("Who forwards the messages?")}</legend>
    ${kinds().map(
      ({ kind, title, can, cannot }) => html`<div key=${kind} class=${value === kind ? "chosen" : ""}>
        <label><input type="radio" name="kind" aria-describedby="kind-${kind}" checked=${value === kind} onChange=${() => set(kind)} /> <strong>${title}</strong></label>
        <ul id="kind-${kind}">
          ${can.map((text) => html`<li key=${text} class="can">${text}</li>`)}
          ${cannot.map((text) => html`<li key=${text} class="cannot">${text}</li>`)}
        </ul>
      </div>`,
    )}
  </fieldset>`;
}
