// What an admin can change about somebody's account.
import { html, useState } from "../../lib/preact.js";
import { get, patch, post } from "../../core/api.js";
import { t } from "../../core/language.js";
import { notify } from "../../core/notices.js";
import { user } from "../../core/session.js";
import { Button } from "../../ui/button.js";
import { Dialog, confirm } from "../../ui/dialog.js";
import { Field, Labelled } from "../../ui/field.js";
import { Form } from "../../ui/form.js";
import { Loaded, useLoaded } from "../../ui/loading.js";

export function Person({ person: given, onClose, onChanged }) {
  const [person, setPerson] = useState(given);
  const at = `/api/admin/users/${person.slug}`;
  const isMe = person.slug === user.value?.slug;
  const name = person.name || person.email;
  async function change(fields, words) {
    setPerson(await patch(at, fields));
    notify(words);
    onChanged();
  }
  async function act(what, words, question) {
    if (question && !(await confirm(question))) return;
    await post(`${at}/${what}`);
    notify(words);
    onChanged();
    if (what === "delete") onClose();
    else setPerson(await get(at));
  }
  const disable = () => change({ disabled: !person.disabled }, person.disabled ? t("The account is enabled.") : t("The account is disabled."));
  return html`<${Dialog} wide title=${name} onClose=${onClose} actions=${html`<button type="button" class="secondary" onClick=${onClose}>${t("Close")}</button>`}>
    <p dir="auto">${person.email} · ${person.slug}</p>
    <${Limits} person=${person} onChange=${(profile) => change({ profile }, t("The limits count from the next start of tgcf on."))} />
    <${Role} person=${person} onChange=${change} />
    <div class="buttons">
      <${Button} kind="outline small" action=${() => act("stop", t("It is stopped."))}>${t("Stop their tgcf")}<//>
      <${Button} kind="outline small" action=${() => act("log-out", t("All their log-ins have ended."))}>${t("End all log-ins")}<//>
      ${!isMe &&
      person.second_factor &&
      html`<${Button} kind="outline small" action=${() =>
        act("second-factor-off", t("Their second factor is off."), {
          title: t("Switch their second factor off?"),
          text: t("Do this only if you are sure that it is {name} who asks for it.", { name }),
          yes: t("Switch it off"),
          kind: "danger",
        })}>${t("Second factor off")}<//>`}
      ${!isMe && html`<${Button} kind="outline small" action=${disable}>${person.disabled ? t("Enable the account") : t("Disable the account")}<//>`}
      ${!isMe &&
      html`<${Button} kind="danger small" action=${() =>
        act("delete", t("The account is deleted."), {
          title: t("Delete {name} with all data?", { name }),
          text: t("tgcf is stopped; configuration, log-ins and history are removed for good. To keep somebody out for a while, disable the account."),
          yes: t("Delete everything"),
          kind: "danger",
        })}>${t("Delete the account")}<//>`}
    </div>
    <p class="help">${t("A forgotten password: the host's owner sets a new one with the command “tgcfd user passwd”.")}</p>
  <//>`;
}

function Limits({ person, onChange }) {
  const profiles = useLoaded(() => get("/api/admin/profiles"), []);
  return html`<${Loaded} from=${profiles} lines=${1}>
    ${({ items }) => html`<${Labelled} label=${t("Limits of their tgcf")}>
      ${(attributes) => html`<select ...${attributes} value=${person.profile} onChange=${(event) => onChange(event.target.value)}>
        ${items.map(({ profile, memory_mib: memory }) => html`<option key=${profile} value=${profile}>${t("{profile} ({memory} MB)", { profile, memory })}</option>`)}
      </select>`}
    <//>`}
  <//>`;
}

/** To make an admin takes one's own password. */
function Role({ person, onChange }) {
  if (person.role === "admin") {
    return html`<p>${t("Is an admin.")}${" "}<${Button} kind="outline small" action=${() => onChange({ role: "person" }, t("Is no admin any more."))}>${t("Take the role away")}<//></p>`;
  }
  const make = ({ current_password: password }) => onChange({ role: "admin", current_password: password }, t("Is an admin now."));
  return html`<details>
    <summary>${t("Make an admin")}</summary>
    <${Form} onSend=${make} submit=${t("Make an admin")}>
      <${Field} name="current_password" type="password" label=${t("Your own password")} autocomplete="current-password" />
    <//>
  </details>`;
}
