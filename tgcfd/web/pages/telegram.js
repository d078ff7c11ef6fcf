// The account or bot that reads and sends the messages. What is secret can be set here, and is never shown again.
import { html, useState } from "../lib/preact.js";
import { t } from "../core/language.js";
import { explain } from "../core/reasons.js";
import { changed, restartNeeded, run, status } from "../core/status.js";
import { useStore } from "../core/store.js";
import { isChanged, draft, useSetting } from "../form/draft.js";
import { Setting } from "../form/setting.js";
import { WithDraft } from "../form/with_draft.js";
import { Refused } from "./overview/now.js";
import { Explained } from "./overview/why.js";
import { Account } from "./telegram/account.js";
import { Bot } from "./telegram/bot.js";
import { Kinds, USER } from "./telegram/kinds.js";
import { Button } from "../ui/button.js";

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
      <${Setting} at="/login/API_ID" help=${t("The number under “API development tools”.")} unset=${0} />
      <${Setting} at="/login/API_HASH" />
    </section>
    <section class="card">${kind === USER ? html`<${Account} />` : html`<${Bot} />`}</section>`;
}

/** Whether Telegram takes it shows when it runs. */
function TryIt() {
  const now = useStore(status);
  const changedAt = useStore(changed);
  const isUnsaved = isChanged(useStore(draft));
  const [problem, setProblem] = useState(null);
  async function start() {
    setProblem(null);
    await run();
  }
  if (isUnsaved || !now) return null;
  if (now.state === "running" && !restartNeeded(now, changedAt)) {
    return html`<p class="accepted" role="status">✓ ${t("Telegram has accepted this: tgcf is running.")}</p>`;
  }
  if (now.isRunning) return null;
  return html`<div class="try">
    <span>${t("Whether Telegram takes it shows when tgcf runs.")}</span>
    <${Button} kind="outline small" action=${start} onProblem=${setProblem}>${t("Run")}<//>
  </div>
  ${problem && html`<${Refused} problem=${problem} />`}`;
}
