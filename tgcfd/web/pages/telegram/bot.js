// A bot: where it comes from, and its token.
import { html } from "../../lib/preact.js";
import { t } from "../../core/language.js";
import { Setting } from "../../form/setting.js";

export function Bot() {
  return html`<h2>${t("The bot")}</h2>
    <ol>
      <li>
        ${t("Write to @BotFather in Telegram: /newbot, and answer its questions.")}${" "}
        <a href="https://t.me/BotFather" target="_blank" rel="noopener noreferrer">t.me/BotFather</a>
      </li>
      <li>${t("Copy the token that it gives you to here.")}</li>
      <li>${t("Add the bot to each source and destination; in channels as an admin.")}</li>
      <li>${t("In groups it sees all messages only if it is an admin, or if you send /setprivacy to @BotFather and choose Disable.")}</li>
    </ol>
    <${Setting} at="/login/BOT_TOKEN" />`;
}
