// The language of the page, in this browser.
import { html } from "../../lib/preact.js";
import { LANGUAGES, choose, language, t } from "../../core/language.js";
import { notifyOf } from "../../core/notices.js";
import { useStore } from "../../core/store.js";
import { Labelled } from "../../ui/field.js";

export function Language() {
  const now = useStore(language);
  return html`<section class="card">
    <h2>${t("Language")}</h2>
    <${Labelled} label=${t("Language of this page")} help=${t("Counts for this browser. What tgcf writes into the log stays English.")}>
      ${(attributes) => html`<select ...${attributes} value=${now} onChange=${(event) => choose(event.target.value).catch(notifyOf)}>
        ${Object.entries(LANGUAGES).map(([code, name]) => html`<option key=${code} value=${code} lang=${code}>${name}</option>`)}
      </select>`}
    <//>
  </section>`;
}
