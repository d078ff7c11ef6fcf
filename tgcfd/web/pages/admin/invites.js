// Invites: links with which people make their own accounts.
import { html, useState } from "../../lib/preact.js";
import { get, post, remove } from "../../core/api.js";
import { dateTime, t } from "../../core/language.js";
import { notify } from "../../core/notices.js";
import { Button } from "../../ui/button.js";
import { Dialog, confirm } from "../../ui/dialog.js";
import { Choice, Field } from "../../ui/field.js";
import { Form } from "../../ui/form.js";
import { useLoaded } from "../../ui/loading.js";
import { Once } from "../../ui/once.js";
import { Pages } from "../../ui/pages.js";
import { Time } from "../../ui/time.js";

export function Invites() {
  const [isMaking, setIsMaking] = useState(false);
  const [made, setMade] = useState(null);
  const [turn, setTurn] = useState(0);
  const [gone, setGone] = useState([]);
  const policy = useLoaded(() => get("/api/auth/policy"), []);
  async function make({ note, role, hours, current_password: password }) {
    const body = { note, role, expires_hours: Number(hours), ...(role === "admin" ? { current_password: password } : {}) };
    const invite = await post("/api/admin/invites", body);
    setIsMaking(false);
    setMade(invite);
    setTurn(turn + 1);
  }
  async function withdraw({ id }) {
    const question = { title: t("Withdraw this invite?"), text: t("Whoever has its link can make no account with it any more."), yes: t("Withdraw"), kind: "danger" };
    if (!(await confirm(question))) return;
    await remove(`/api/admin/invites/${id}`);
    setGone([...gone, id]);
    notify(t("The invite is withdrawn: its link is worth nothing."));
  }
  return html`${policy.value?.registration === "closed"
      ? html`<p class="help">${t("On this host its owner alone invites people, at a terminal, with this command:")} <code>tgcfd user invite</code></p>`
      : html`<button type="button" class="tool" onClick=${() => setIsMaking(true)}>${t("Invite somebody")}</button>`}
    <${Pages} key=${turn} path="/api/admin/invites">
      ${(items) => html`<${List} items=${items.filter(({ id }) => !gone.includes(id))} onWithdraw=${withdraw} />`}
    <//>
    ${isMaking && html`<${Make} onClose=${() => setIsMaking(false)} onSend=${make} />`}
    ${made && html`<${Once} title=${t("The invite")} value=${made.link} onClose=${() => setMade(null)}
      text=${t("Send this link to whom you invite. It is good once, until {time}, and not shown again.", { time: dateTime(made.expires) })} />`}`;
}

function List({ items, onWithdraw }) {
  if (items.length === 0) return html`<p>${t("There are no invites. Whoever opens the link of one can make an account here.")}</p>`;
  return html`<ul class="rows">
    ${items.map((invite) => {
      const { id, note, role, state, created, expires } = invite;
      return html`<li key=${id}>
        <div>
          <strong dir="auto">${note || t("Invite {number}", { number: id })}</strong>${" "}
          <span class="chip ${state === "open" ? "good" : ""}">${stateOf(invite)}</span>${" "}
          ${role === "admin" && html`<span class="chip">${t("Admin")}</span>`}
          <small>
            ${madeBy(invite)} · <${Time} time=${created} />
            ${state === "open" && html` · ${t("good until")} <${Time} time=${expires} />`}
          </small>
        </div>
        ${state !== "used" &&
        html`<${Button} kind="outline small" aria-label=${t("Withdraw the invite {name}", { name: note || id })} action=${() => onWithdraw(invite)}>${t("Withdraw")}<//>`}
      </li>`;
    })}
  </ul>`;
}

const stateOf = ({ state, used_by: by }) =>
  ({ open: t("Open"), used: by ? t("Used by {name}", { name: by }) : t("Used"), expired: t("Expired"), void: t("No longer good") })[state];

const madeBy = ({ maker, made_by: by }) =>
  ({ admin: by ? t("made by {name}", { name: by }) : t("made by an admin"), owner: t("made by the host's owner"), "set-up": t("made for the first admin") })[maker];

function Make({ onClose, onSend }) {
  const [role, setRole] = useState("person");
  return html`<${Dialog} title=${t("Invite somebody")} onClose=${onClose}>
    <${Form} onSend=${onSend} submit=${t("Make the invite")}>
      <${Field} name="note" label=${t("For whom?")} help=${t("For the admins' list alone.")} maxlength="100" autocomplete="off" />
      <${Choice} name="hours" label=${t("Good for")} value="168" options=${[["24", t("A day")], ["168", t("A week")], ["720", t("30 days")]]} />
      <${Choice} name="role" label=${t("Role")} value="person" onChange=${setRole} options=${[["person", t("Person")], ["admin", t("Admin")]]} />
      ${role === "admin" &&
      html`<p class="help">${t("Admins may do all that is on this page, to you as well.")}</p>
        <${Field} name="current_password" type="password" label=${t("Your own password")} autocomplete="current-password" />`}
    <//>
  <//>`;
}
