// The account or bot that reads and sends the messages. What is secret can be set here, and is never shown again.
import { html } from "../lib/preact.js";
import { t } from "../core/language.js";
import { explain } from "../core/reasons.js";
import { run, status } from "../core/status.js";
import { useStore } from "../core/store.js";
import { isChanged, draft, useSetting } from "../form/draft.js";
import { Setting } from "../form/setting.js";
import { WithDraft } from "../form/with_draft.js";
import { Explained } from "./overview/why.js";
import { Button } from "../ui/button.js";

const BOT = 0;
const USER = 1;

export default function Telegram() {
  return html`<${WithDraft}>${() => html`<${Trouble} /><${Linking} /><${TryIt} />`}<//>`;
}

/** What Telegram said about the account last. */
function Trouble() {
  const now = useStore(status);
  const code = now?.reason?.code;
  if (!code || explain(code).page !== "telegram") return null;
  return html`<section class="card bad" aria-label=${t("What Telegram said last")}>
    <${Explained} code=${code} messages=${[now.reason.message]} here />
  </section>`;
}

function Linking() {
  const { value: kind } = useSetting("/login/user_type");
  return html`<section class="card">
      <h2>${t("Who forwards the messages?")}</h2>
      <${Kinds} />
    </section>
    <section class="card">
      <h2>${t("API id and API hash")}</h2>
      <p>
        ${t("Telegram gives them to everybody who asks, for bots and accounts alike:")}${" "}
        <a href="https://my.telegram.org" target="_blank" rel="noopener noreferrer">my.telegram.org</a>
      </p>
      <ol>
        <li>${t("Log in there with your phone number.")}</li>
        <li>${t("Open “API development tools” and fill in any title and short name.")}</li>
        <li>${t("Copy “App api_id” and “App api_hash” to here.")}</li>
      </ol>
      <${Setting} at="/login/API_ID" />
      <${Setting} at="/login/API_HASH" />
    </section>
    <section class="card">${kind === USER ? html`<${Account} />` : html`<${Bot} />`}</section>`;
}

function Kinds() {
  const { value, set } = useSetting("/login/user_type");
  const kinds = [
    [BOT, t("A bot"), t("Easy to make. It sees only chats that it was added to, and new messages only.")],
    [USER, t("Your own account"), t("It sees every chat that you see, and can copy existing messages as well. It takes a session string.")],
  ];
  return html`<fieldset class="choices">
    <legend class="hidden">${t("Who forwards the messages?")}</legend>
    ${kinds.map(
      ([kind, title, text]) => html`<label key=${kind} class=${value === kind ? "chosen" : ""}>
        <input type="radio" name="kind" checked=${value === kind} onChange=${() => set(kind)} />
        <span><strong>${title}</strong><small>${text}</small></span>
      </label>`,
    )}
  </fieldset>`;
}

function Bot() {
  const { value } = useSetting("/login/BOT_TOKEN");
  const looksWrong = value && value !== "********" && !/^\d+:[\w-]{30,}$/.test(value);
  return html`<h2>${t("The bot")}</h2>
    <ol>
      <li>${t("Write to @BotFather in Telegram: /newbot, and answer its questions.")}</li>
      <li>${t("Copy the token that it gives you to here.")}</li>
      <li>${t("Add the bot to each source and destination; in channels as an admin.")}</li>
    </ol>
    <${Setting} at="/login/BOT_TOKEN" />
    ${looksWrong && html`<p class="warning" role="status">${t("This does not look like a token: digits, a colon, then 35 letters and digits.")}</p>`}`;
}

function Account() {
  return html`<h2>${t("Your account")}</h2>
    <p>${t("A session string stands for an account that is signed in already. Telethon, the library that tgcf uses, makes one on any computer that has it:")}</p>
    <pre tabindex="0"><code>${SESSION}</code></pre>
    <p>${t("It asks for API id, API hash, phone number and the code that Telegram sends, and prints the string. A Telethon session file that you have can be imported on the page Connections.")}</p>
    <p><strong>${t("Whoever has this string can use your Telegram account: treat it like a password.")}</strong></p>
    <${Setting} at="/login/SESSION_STRING" />`;
}

const SESSION = `pip install telethon
python3 -c '
from telethon.sync import TelegramClient
from telethon.sessions import StringSession
with TelegramClient(StringSession(), int(input("API id: ")), input("API hash: ")) as client:
    print(client.session.save())'`;

/** Whether Telegram takes it shows when it runs. */
function TryIt() {
  const now = useStore(status);
  const isUnsaved = isChanged(useStore(draft));
  if (isUnsaved || !now || now.isRunning) return null;
  return html`<p>${t("Whether Telegram takes it shows when tgcf runs.")}${" "}<${Button} kind="outline small" action=${() => run()}>${t("Run")}<//></p>`;
}
