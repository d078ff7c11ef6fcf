// What was done with one's account, by oneself and by others.
import { html, useState } from "../../lib/preact.js";
import { t } from "../../core/language.js";
import { Audit } from "../../ui/audit.js";

export function Activity() {
  const [wasOpen, setWasOpen] = useState(false); // fetched when somebody looks
  return html`<section class="card">
    <h2>${t("Activity")}</h2>
    <p class="help">${t("Who did what with your account, and when. If something is not yours, change the password.")}</p>
    <details onToggle=${(event) => event.target.open && setWasOpen(true)}>
      <summary>${t("Show the activity")}</summary>
      ${wasOpen && html`<${Audit} path="/api/audit" />`}
    </details>
  </section>`;
}
