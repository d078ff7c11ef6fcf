// What was done with one's account, by oneself and by others.
import { html, useState } from "../../lib/preact.js";
import { t } from "../../core/language.js";
import { Audit } from "../../ui/audit.js";

export function Activity() {
  const [isOpen, setIsOpen] = useState(false); // fetched when somebody looks
  return html`<section class="card">
    <h2>${t("Activity")}</h2>
    <p class="help">${t("Who did what with your account, and when.")}</p>
    ${isOpen ? html`<${Audit} path="/api/audit" />` : html`<button type="button" class="outline small" onClick=${() => setIsOpen(true)}>${t("Show it")}</button>`}
  </section>`;
}
