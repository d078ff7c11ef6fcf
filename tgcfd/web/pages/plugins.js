// The six plugins: what happens to a message on its way.
import { html } from "../lib/preact.js";
import { said } from "../core/language.js";
import { WithDraft } from "../form/with_draft.js";
import { partOf, settingsOf } from "../form/schema.js";
import { Setting, Settings } from "../form/setting.js";

export default function Plugins() {
  return html`<${WithDraft}>
    ${() => settingsOf("/plugins").map((name) => html`<${Plugin} key=${name} at="/plugins/${name}" />`)}
  <//>`;
}

function Plugin({ at }) {
  const part = partOf(at);
  return html`<section class="card">
    <h2>${said(part.title)}</h2>
    <p class="help">${said(part.description)}</p>
    <${Setting} at="${at}/check" />
    <${Settings} at=${at} without=${["check", "text_raw"]} />
  </section>`;
}
