// One plugin: its switch, its settings, and why it has no effect now where it has none.
import { html, useState } from "../../lib/preact.js";
import { said, t } from "../../core/language.js";
import { useStore } from "../../core/store.js";
import { draft, useSetting } from "../../form/draft.js";
import { partOf, settingsOf } from "../../form/schema.js";
import { Settings } from "../../form/setting.js";
import { Caption } from "./caption.js";
import { Mark } from "./mark.js";

/** Plugins whose settings are more than fields. */
const OWN = { mark: Mark, caption: Caption };

export function Plugin({ name }) {
  const at = `/plugins/${name}`;
  const part = partOf(at);
  const { errors } = useStore(draft);
  const { value: isOn, set } = useSetting(`${at}/check`);
  const [isOpened, open] = useState(false);
  const isWrong = Object.keys(errors).some((pointer) => pointer.startsWith(`${at}/`));
  const hasSettings = settingsOf(at).length > 1;
  const isOpen = hasSettings && (isOn || isWrong || isOpened);
  const title = said(part.title);
  const Fields = OWN[name] ?? Settings;
  return html`<section class="card plugin" aria-labelledby="plugin-${name}">
    <div class="head">
      <h2 id="plugin-${name}" tabindex="-1">${title}</h2>
      <label class="pause">
        <input type="checkbox" role="switch" checked=${isOn} aria-label=${title} onChange=${(event) => set(event.target.checked)} />
        <span aria-hidden="true">${isOn ? t("On") : t("Off")}</span>
      </label>
    </div>
    <p class="help">${said(part.description)}</p>
    <${Idle} name=${name} />
    ${hasSettings && !isOn && !isWrong &&
    html`<button type="button" class="outline small" aria-expanded=${isOpen ? "true" : "false"} aria-describedby="plugin-${name}" onClick=${() => open(!isOpened)}>
      ${isOpen ? t("Hide its settings") : t("Show its settings")}
    </button>`}
    ${isOpen && html`<div class="fields"><${Fields} at=${at} without=${["check", "text_raw"]} /></div>`}
  </section>`;
}

/** Said where a plugin that is on does nothing. */
function Idle({ name }) {
  const { mine } = useStore(draft);
  const plugin = mine.plugins[name];
  if (!plugin.check) return null;
  const why = mine.show_forwarded_from && name !== "filter" ? t("No effect now: the option Show “Forwarded from” is on.") : IDLE[name]?.(plugin);
  return why ? html`<p class="warning" role="note">${why}</p>` : null;
}

const hasNone = ({ blacklist, whitelist }) => !blacklist.length && !whitelist.length;

const IDLE = {
  filter: ({ text, users, files }) => [text, users, files].every(hasNone) && t("No effect yet: nothing is entered, so every message passes."),
  fmt: ({ style }) => style === "preserve" && t("No effect yet: choose a style."),
  replace: ({ text }) => !text.length && t("No effect yet: add a rule."),
  caption: ({ header, footer }) => !header && !footer && t("No effect yet: enter a header or a footer."),
};
