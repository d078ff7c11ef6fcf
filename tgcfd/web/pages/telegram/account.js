// One's own account: where a session string comes from.
import { html } from "../../lib/preact.js";
import { t } from "../../core/language.js";
import { to } from "../../core/router.js";
import { useSetting } from "../../form/draft.js";
import { Setting } from "../../form/setting.js";
import { KEPT } from "../../form/secret.js";
import { download } from "../../ui/download.js";

const NAME = "session.py";
const PROGRAM = `from telethon.sync import TelegramClient
from telethon.sessions import StringSession

with TelegramClient(StringSession(), int(input("API id: ")), input("API hash: ")) as client:
    print(client.session.save())
`;
const COMMANDS = `pip install telethon
python3 ${NAME}`;

export function Account() {
  return html`<h2>${t("Your account")}</h2>
    <p>${t("A session string stands for an account that is signed in already. You make it once, on a computer of yours with Python:")}</p>
    <ol>
      <li>
        ${t("Store this small program:")}${" "}
        <button type="button" class="outline small" onClick=${() => download(NAME, PROGRAM, "text/x-python")}>${t("Download {name}", { name: NAME })}</button>
        <details><summary>${t("Look at it")}</summary><pre tabindex="0"><code>${PROGRAM}</code></pre></details>
      </li>
      <li>
        ${t("Open a terminal in the folder where it is, and enter these two lines. On Windows it is py in place of python3; on Debian and Ubuntu, sudo apt install python3-telethon in place of the first line.")}
        <pre tabindex="0"><code>${COMMANDS}</code></pre>
      </li>
      <li>${t("It asks for API id, API hash, your phone number, the code that Telegram sends you, and your password at Telegram if you have one. Then it shows the session string.")}</li>
      <li>${t("Copy all of it to here.")}</li>
    </ol>
    <p>${t("If you have a session file of Telethon already, import that instead:")}${" "}<a href=${to("connections")}>${t("Import, on the page Connections")}</a></p>
    <p><strong>${t("Whoever has this string can use your Telegram account: treat it like a password.")}</strong></p>
    <${Setting} at="/login/SESSION_STRING" />
    <${Doubt} />`;
}

/** The server takes any text; Telegram would only say so when tgcf runs. */
function Doubt() {
  const { value } = useSetting("/login/SESSION_STRING");
  if (!value || value === KEPT || /^1[\w-]{200,}={0,2}$/.test(value)) return null;
  return html`<p class="warning" role="status">${t("This does not look like a whole session string: it begins with 1 and has some 350 letters, digits, - and _.")}</p>`;
}
