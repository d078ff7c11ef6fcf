// Invites: links with which people make their own accounts.
import { html, useState } from "../../lib/preact.js";
import { post, remove } from "../../core/api.js";
import { t } from "../../core/language.js";
import { Button } from "../../ui/button.js";
import { Dialog } from "../../ui/dialog.js";
import { Field, Labelled } from "../../ui/field.js";
import { Form } from "../../ui/form.js";
import { Once } from "../../ui/once.js";
import { Pages } from "../../ui/pages.js";
import { Time } from "../../ui/time.js";

export function Invites() {
  const [isMaking, setIsMaking] = useState(false);
  const [made, setMade] = useState(null);
  const [turn, setTurn] = useState(0);
  async function make({ note, role, hours, current_password: password }) {
    const body = { note, role, expires_hours: Number(hours), ...(role === "admin" ? { current_password: password } : {}) };
    setMade(await post("/api/admin/invites", body));
    setIsMaking(false);
    setTurn(turn + 1);
  }
  async function withdraw({ id }) {
    await remove(`/api/admin/invites/${id}`);
    setTurn(turn + 1);
  }
  return html`<button type="button" class="tool" onClick=${() => setIsMaking(true)}>${t("Invite somebody")}</button>
    <${Pages} key=${turn} path="/api/admin/invites">
      ${(items) => html`<ul class="rows">
        ${items.length === 0 && html`<li>${t("There are no invites.")}</li>`}
        ${items.map(
          (invite) => html`<li key=${invite.id}>
            <div>
              <strong dir="auto">${invite.note || t("An invite")}</strong>${" "}
              <span class="chip ${invite.state === "open" ? "good" : ""}">${stateOf(invite)}</span>
              ${invite.role === "admin" && html` <span class="chip">${t("Admin")}</span>`}
              <small>${madeBy(invite)} · <${Time} time=${invite.created} />${invite.state === "open" && html` · ${t("good until")} <${Time} time=${invite.expires} />`}</small>
            </div>
            ${invite.state !== "used" && html`<${Button} kind="outline small" action=${() => withdraw(invite)}>${t("Withdraw")}<//>`}
          </li>`,
        )}
      </ul>`}
    <//>
    ${isMaking && html`<${Make} onClose=${() => setIsMaking(false)} onSend=${make} />`}
    ${made && html`<${Once} title=${t("The invite")} value=${made.link} onClose=${() => setMade(null)}
      text=${t("Send this link to whom you invite. It is good once, and not shown again.")} />`}`;
}

const stateOf = ({ state, used_by: by }) =>
  ({ open: t("Open"), used: by ? t("Used by {name}", { name: by }) : t("Used"), expired: t("Expired"), void: t("No longer good") })[state];

const madeBy = ({ maker, made_by: by }) =>
  ({ admin: by ? t("made by {name}", { name: by }) : t("made by an admin"), owner: t("made by the host's owner"), "set-up": t("made for the first admin") })[maker];

function Make({ onClose, onSend }) {
  const [role, setRole] = useState("person");
  return html`<${Dialog} title=${t("Invite somebody")} onClose=${onClose}>
    <${Form} onSend=${onSend} submit=${t("Make the invite")}>
      <${Field} name="note" label=${t("For whom?")} help=${t("For your list alone.")} maxlength="100" />
      <${Labelled} label=${t("Good for")}>
        ${(attributes) => html`<select ...${attributes} name="hours">
          <option value="24">${t("A day")}</option>
          <option value="168" selected>${t("A week")}</option>
          <option value="720">${t("30 days")}</option>
        </select>`}
      <//>
      <${Labelled} label=${t("Role")}>
        ${(attributes) => html`<select ...${attributes} name="role" value=${role} onChange=${(event) => setRole(event.target.value)}>
          <option value="person">${t("Person")}</option>
          <option value="admin">${t("Admin")}</option>
        </select>`}
      <//>
      ${role === "admin" && html`<${Field} name="current_password" type="password" label=${t("Your own password")} autocomplete="current-password" />`}
    <//>
  <//>`;
}
