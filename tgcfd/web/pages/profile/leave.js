// One's data as a file, and the end of one's account.
import { html, useState } from "../../lib/preact.js";
import { Problem, asItIs, call, get, post } from "../../core/api.js";
import { t } from "../../core/language.js";
import { notify } from "../../core/notices.js";
import { to } from "../../core/router.js";
import { forgetAfter, user } from "../../core/session.js";
import { Button } from "../../ui/button.js";
import { Dialog } from "../../ui/dialog.js";
import { download } from "../../ui/download.js";
import { Field } from "../../ui/field.js";
import { Form } from "../../ui/form.js";
import { Loaded, useLoaded } from "../../ui/loading.js";

export function Leave() {
  const [isOpen, setIsOpen] = useState(false);
  async function fetchAll() {
    const { data } = await call("GET", "/api/users/me/export", { read: asItIs });
    download("tgcfd-my-data.json", data, "application/json");
  }
  return html`<section class="card">
      <h2>${t("Your data")}</h2>
      <p class="help">${t("All that is kept about you, as one file. Passwords, tokens and other secrets are not in it.")}</p>
      <${Button} kind="outline small" action=${fetchAll}>${t("Download my data")}<//>
    </section>
    <section class="card">
      <h2>${t("Delete the account")}</h2>
      <p class="help">${t("Your tgcf is stopped; your connections, settings, log-ins and history are removed for good.")}</p>
      <button type="button" class="danger small" onClick=${() => setIsOpen(true)}>${t("Delete the account…")}</button>
      ${isOpen && html`<${Delete} onClose=${() => setIsOpen(false)} />`}
    </section>`;
}

function Delete({ onClose }) {
  const factor = useLoaded(() => get("/api/users/me/second-factor"), []);
  const [email] = useState(() => user.value?.email ?? "");
  async function send({ confirmation, current_password: password, code }) {
    if (confirmation.trim().toLowerCase() !== email.toLowerCase()) throw notThis(email);
    const proof = { current_password: password, ...(code ? { code: code.replace(/\s/g, "") } : {}) };
    await forgetAfter(post("/api/users/me/delete", proof));
    notify(t("Your account is deleted."));
  }
  return html`<${Dialog} title=${t("Delete the account")} onClose=${onClose}>
    <p><strong>${t("This cannot be undone.")}</strong></p>
    <ul>
      <li>${t("Your tgcf is stopped, and nothing is forwarded any more.")}</li>
      <li>${t("Your connections, settings, log-ins, API tokens and history are removed for good.")}</li>
      <li>${t("What was forwarded stays in Telegram.")}</li>
    </ul>
    <p>${t("If you may want to come back, keep a copy of your connections first:")} <a href=${to("connections")} onClick=${onClose}>${t("Export them")}</a></p>
    <${Loaded} from=${factor} lines=${3}>
      ${({ on }) => html`<${Form} onSend=${send} submit=${t("Delete everything")} kind="danger">
        <${Field} name="confirmation" type="email" label=${t("Type your e-mail address: {email}", { email })} autocomplete="off" />
        <${Field} name="current_password" type="password" label=${t("Your password")} autocomplete="current-password" />
        ${on && html`<${Field} name="code" label=${t("Code")} help=${t("The six digits that your authenticator app shows, or a recovery code.")} autocomplete="one-time-code" />`}
      <//>`}
    <//>
  <//>`;
}

const notThis = (email) =>
  new Problem({ code: "not_confirmed", errors: [{ pointer: "/confirmation", detail: t("Type {email} here.", { email }) }] });
