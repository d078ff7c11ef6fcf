// The six plugins: what happens to a message on its way, in the order in which it happens.
import { html, useEffect } from "../lib/preact.js";
import { said, t } from "../core/language.js";
import { explain } from "../core/reasons.js";
import { route, to } from "../core/router.js";
import { status } from "../core/status.js";
import { useStore } from "../core/store.js";
import { useSetting } from "../form/draft.js";
import { WithDraft } from "../form/with_draft.js";
import { partOf, settingsOf } from "../form/schema.js";
import { Explained } from "./overview/why.js";
import { Plugin } from "./plugins/plugin.js";
import { Trial } from "./plugins/trial.js";

export default function Plugins() {
  return html`<${WithDraft}>${() => html`<${All} />`}<//>`;
}

function All() {
  const names = settingsOf("/plugins");
  const { query } = useStore(route);
  const wanted = query.get("part");
  useEffect(() => {
    const heading = [...names, "trial"].includes(wanted) && document.getElementById(`plugin-${wanted}`);
    if (!heading) return;
    heading.scrollIntoView();
    heading.focus({ preventScroll: true });
  }, [query]);
  return html`<${Trouble} />
    <nav class="tabs way" aria-label=${t("Plugins")}>
      ${names.map((name) => html`<${Step} key=${name} name=${name} />`)}
      <a class="as-button" href=${to("plugins", { part: "trial" })}>${t("Try it")}</a>
    </nav>
    <p class="help">${t("A message goes through the plugins that are on, in this order.")}</p>
    <${Untouched} />
    ${names.map((name) => html`<${Plugin} key=${name} name=${name} />`)}
    <${Trial} />`;
}

/** The way to a plugin, and whether it is on. */
function Step({ name }) {
  const { value: isOn } = useSetting(`/plugins/${name}/check`);
  return html`<a class="as-button ${isOn ? "on" : ""}" href=${to("plugins", { part: name })}>
    ${isOn && html`<span aria-hidden="true">✓ </span>`}${said(partOf(`/plugins/${name}`).title)}
    ${isOn && html`<span class="hidden">${t("(on)")}</span>`}
  </a>`;
}

/** What keeps tgcf from working that is to be mended here. */
function Trouble() {
  const now = useStore(status);
  const code = now?.reason?.code;
  if (!code || explain(code).page !== "plugins") return null;
  return html`<section class="card bad" aria-label=${t("What hinders tgcf")}>
    <${Explained} code=${code} messages=${[now.reason.message]} here />
  </section>`;
}

/** Messages that are forwarded as they are pass by all plugins but the filter. */
function Untouched() {
  const { value } = useSetting("/show_forwarded_from");
  if (!value) return null;
  return html`<div class="banner warn" role="note">
    <span>${t("The option Show “Forwarded from” is on: messages are forwarded as they are, and only the filter has an effect.")}</span>
    <a href=${to("advanced", { part: "options" })}>${t("Change it on the page Advanced")}</a>
  </div>`;
}
