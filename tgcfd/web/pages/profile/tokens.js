// Tokens for programs, which shall not know the password.
import { html, useState } from "../../lib/preact.js";
import { get, post, remove } from "../../core/api.js";
import { dateTime, t } from "../../core/language.js";
import { notify } from "../../core/notices.js";
import { user } from "../../core/session.js";
import { Button } from "../../ui/button.js";
import { Dialog, confirm } from "../../ui/dialog.js";
import { Field, Labelled } from "../../ui/field.js";
import { Form, useError } from "../../ui/form.js";
import { Loaded, useLoaded } from "../../ui/loading.js";
import { Once } from "../../ui/once.js";

const scopes = () => ({
  read: t("Look at configuration, state and log"),
  config: t("Change the configuration"),
  run: t("Start and stop tgcf"),
  ...(user.value?.role === "admin" ? { admin: t("Administer this host") } : {}),
});

export function Tokens() {
  const tokens = useLoaded(() => get("/api/auth/tokens"), []);
  const [isMaking, setIsMaking] = useState(false);
  const [made, setMade] = useState(null);
  async function make({ name, expires_days: days, current_password: password, ...chosen }) {
    const wanted = Object.keys(scopes()).filter((scope) => chosen[scope]);
    const body = { name, scopes: wanted, current_password: password, ...(days ? { expires_days: Number(days) } : {}) };
    setMade(await post("/api/auth/tokens", body));
    setIsMaking(false);
    tokens.again();
  }
  async function revoke({ id, name }) {
    const question = { title: t("Revoke this token?"), text: t("The program that uses “{name}” is locked out at once.", { name }), yes: t("Revoke"), kind: "danger" };
    if (!(await confirm(question))) return;
    await remove(`/api/auth/tokens/${id}`);
    notify(t("The token “{name}” is revoked.", { name }));
    tokens.again();
  }
  return html`<section class="card">
    <h2>${t("API tokens")}</h2>
    <p class="help">${t("For programs of yours, such as Home Assistant. A token can do only what you choose, and never change your account.")}</p>
    <${Loaded} from=${tokens} lines=${2}>
      ${({ items }) => items.length > 0 && html`<ul class="rows">
        ${items.map(
          (token) => html`<li key=${token.id}>
            <div>
              <strong dir="auto">${token.name}</strong>
              <small>${token.scopes.map((scope) => scopes()[scope] ?? scope).join("; ")}</small>
              <small>
                ${token.last_used ? t("Last used {time}.", { time: dateTime(token.last_used) }) : t("Never used.")}${" "}
                ${token.expires ? t("Good until {time}.", { time: dateTime(token.expires) }) : t("Good until it is revoked.")}
              </small>
            </div>
            <${Button} kind="outline small" aria-label=${t("Revoke: {name}", { name: token.name })} action=${() => revoke(token)}>${t("Revoke")}<//>
          </li>`,
        )}
      </ul>`}
    <//>
    <button type="button" class="outline small" onClick=${() => setIsMaking(true)}>${t("Make a token…")}</button>
    ${isMaking && html`<${Make} onClose=${() => setIsMaking(false)} onSend=${make} />`}
    ${made && html`<${Once} title=${t("The token “{name}”", { name: made.name })} value=${made.token} onClose=${() => setMade(null)}
      text=${t("Copy it into your program now: it is shown this once, and never again.")} />`}
  </section>`;
}

function Make({ onClose, onSend }) {
  return html`<${Dialog} title=${t("Make a token")} onClose=${onClose}>
    <${Form} onSend=${onSend} submit=${t("Make it")}>
      <${Field} name="name" label=${t("What is it for?")} help=${t("A name to know it by, such as Home Assistant.")} autocomplete="off" />
      <${Scopes} />
      <${Expiry} />
      <${Field} name="current_password" type="password" label=${t("Your password")} autocomplete="current-password" />
    <//>
  <//>`;
}

function Scopes() {
  const error = useError("/scopes");
  return html`<fieldset name="scopes">
    <legend>${t("What may it do?")}</legend>
    ${Object.entries(scopes()).map(
      ([scope, words]) => html`<label key=${scope}><input type="checkbox" name=${scope} defaultChecked=${scope === "read"} /> ${words}</label>`,
    )}
    ${error && html`<small class="problem" role="alert">${error}</small>`}
  </fieldset>`;
}

function Expiry() {
  return html`<${Labelled} label=${t("For how long?")}>
    ${(attributes) => html`<select ...${attributes} name="expires_days">
      <option value="30">${t("30 days")}</option>
      <option value="365" selected>${t("A year")}</option>
      <option value="">${t("Until it is revoked")}</option>
    </select>`}
  <//>`;
}
