// The options of live mode and past mode, who may use commands, and what a bot answers.
import { html } from "../../lib/preact.js";
import { said, t } from "../../core/language.js";
import { useSetting } from "../../form/draft.js";
import { defaultOf, partOf } from "../../form/schema.js";
import { Setting, Settings } from "../../form/setting.js";
import { WithDraft } from "../../form/with_draft.js";

export function Options() {
  return html`<${WithDraft}>
    ${() => html`<section class="card">
        <h2>${t("What is forwarded")}</h2>
        <${Setting} at="/mode" />
        <${Setting} at="/show_forwarded_from" />
      </section>
      <${Group} at="/live"><${Settings} at="/live" without=${["delete_on_edit"]} /><${DeleteOnEdit} /><//>
      <${Group} at="/past"><${Settings} at="/past" /><//>
      <section class="card"><${Setting} at="/admins" /></section>
      <${Group} at="/bot_messages"><${Settings} at="/bot_messages" /><//>`}
  <//>`;
}

function Group({ at, children }) {
  const part = partOf(at);
  return html`<section class="card">
    <h2>${said(part.title)}</h2>
    <p class="help">${said(part.description)}</p>
    ${children}
  </section>`;
}

/** Off is null in the configuration, which no text field could say. */
function DeleteOnEdit() {
  const at = "/live/delete_on_edit";
  const { value, set } = useSetting(at);
  const isOn = value !== null;
  return html`<div class="field">
      <label>
        <input type="checkbox" role="switch" checked=${isOn} onChange=${(event) => set(event.target.checked ? defaultOf(partOf(at)) : null)} />
        ${t("A message is deleted by editing it")}
      </label>
    </div>
    ${isOn && html`<${Setting} at=${at} short />`}`;
}
