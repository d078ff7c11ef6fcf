// Why it does not run, or what hinders it: what it means, what to do, and the way there.
import { html } from "../../lib/preact.js";
import { Said, t } from "../../core/language.js";
import { notify } from "../../core/notices.js";
import { explain } from "../../core/reasons.js";
import { to } from "../../core/router.js";
import { run } from "../../core/status.js";
import { Button } from "../../ui/button.js";

export function Why({ now }) {
  if (!now.reason || now.reason.code === "stopped") return null;
  const canRun = !now.isRunning && now.state !== "restarting" && now.state !== "starting";
  return html`<section class="card why ${kindOf(now)}" aria-labelledby="why">
    <h2 id="why">${explain(now.reason.code).title}</h2>
    <${Explained} code=${now.reason.code} messages=${[now.reason.message]} canRun=${canRun} untitled />
  </section>`;
}

const kindOf = ({ state }) => (state === "failed" ? "bad" : state === "finished" ? "good" : "warn");

/**
 * A code with its particulars and its remedy. `pages`: where that is, if it is known better than by the code; `here`: it
 * is on this page.
 */
export function Explained({ code, messages, pages = [], canRun = false, untitled = false, here = false }) {
  const { title, todo, page, run: again, owner } = explain(code);
  const ways = here ? [] : pages.length ? pages : [page].filter(Boolean);
  return html`<div class="explained">
    ${!untitled && html`<p class="title"><strong>${title}</strong></p>`}
    ${messages.map((message, at) => html`<p key=${at} class="particulars"><${Said} text=${message} /></p>`)}
    <p><strong>${t("What to do:")}</strong> ${todo}</p>
    <div class="buttons">
      ${ways.map((way) => html`<a key=${way} class="as-button" href=${to(way)}>${wayTo(way)}</a>`)}
      ${again && canRun && html`<${Button} kind="small" action=${() => run()}>${t("Run again")}<//>`}
      ${owner && navigator.clipboard && html`<${Button} kind="outline small" action=${() => copy(code, messages)}>${t("Copy the message")}<//>`}
    </div>
  </div>`;
}

const wayTo = (page) =>
  ({
    telegram: t("Open Telegram"),
    connections: t("Open Connections"),
    plugins: t("Open Plugins"),
    advanced: t("Open Advanced"),
    log: t("Open the log"),
  })[page];

async function copy(code, messages) {
  await navigator.clipboard.writeText(`tgcfd: ${code}: ${messages.join(" ")}`);
  notify(t("Copied."));
}
