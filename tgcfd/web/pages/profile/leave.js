// One's data as a file, and the end of one's account.
import { html, useState } from "../../lib/preact.js";
import { address, get, post } from "../../core/api.js";
import { t } from "../../core/language.js";
import { forget, user } from "../../core/session.js";
import { Dialog } from "../../ui/dialog.js";
import { Field } from "../../ui/field.js";
import { Form } from "../../ui/form.js";
import { useLoaded } from "../../ui/loading.js";

export function Leave() {
  const [isOpen, setIsOpen] = useState(false);
  return html`<section class="card">
      <h2>${t("Your data")}</h2>
      <p class="help">${t("All that is kept about you, as one file; tokens and sessions are not in it.")}</p>
      <a class="as-button" href=${address("/api/users/me/export")} download>${t("Download")}</a>
    </section>
    <section class="card">
      <h2>${t("Delete the account")}</h2>
      <p class="help">${t("tgcf is stopped; configuration, log-ins and history are removed for good.")}</p>
      <button type="button" class="danger small" onClick=${() => setIsOpen(true)}>${t("Delete the account")}</button>
      ${isOpen && html`<${Delete} onClose=${() => setIsOpen(false)} />`}
    </section>`;
}

function Delete({ onClose }) {
  const factor = useLoaded(() => get("/api/users/me/second-factor"), []);
  async function send({ current_password: password, code }) {
    await post("/api/users/me/delete", { current_password: password, ...(code ? { code } : {}) });
    forget();
  }
  return html`<${Dialog} title=${t("Delete the account {email}?", { email: user.value?.email ?? "" })} onClose=${onClose}>
    <p><strong>${t("This cannot be undone.")}</strong> ${t("If you may want to come back, export the configuration first (page Connections).")}</p>
    <${Form} onSend=${send} submit=${t("Delete everything")} kind="danger">
      <${Field} name="current_password" type="password" label=${t("Your password")} autocomplete="current-password" />
      ${factor.value?.on && html`<${Field} name="code" label=${t("Code")} autocomplete="one-time-code" />`}
    <//>
  <//>`;
}
