// Who has an account here, and what an admin can do about it.
import { html, useState } from "../../lib/preact.js";
import { t } from "../../core/language.js";
import { Pages } from "../../ui/pages.js";
import { Labelled } from "../../ui/field.js";
import { StateChip } from "../../ui/state.js";
import { Time } from "../../ui/time.js";
import { explain } from "../../core/reasons.js";
import { Person } from "./person.js";

export function People() {
  const [query, setQuery] = useState({});
  const [open, setOpen] = useState(null);
  const [turn, setTurn] = useState(0);
  const look = (fields) => setQuery({ ...query, ...fields });
  return html`<form class="filters" onSubmit=${(event) => event.preventDefault()}>
      <${Labelled} label=${t("Search")}>
        ${(attributes) => html`<input ...${attributes} type="search" maxlength="254" placeholder=${t("Name, e-mail address")} onChange=${(event) => look({ q: event.target.value })} />`}
      <//>
      <${Labelled} label=${t("Role")}>
        ${(attributes) => html`<select ...${attributes} onChange=${(event) => look({ role: event.target.value })}>
          <option value="">${t("All")}</option>
          <option value="person">${t("People")}</option>
          <option value="admin">${t("Admins")}</option>
        </select>`}
      <//>
      <${Labelled} label=${t("Accounts")}>
        ${(attributes) => html`<select ...${attributes} onChange=${(event) => look({ disabled: event.target.value })}>
          <option value="">${t("All")}</option>
          <option value="false">${t("In use")}</option>
          <option value="true">${t("Disabled")}</option>
        </select>`}
      <//>
    </form>
    <${Pages} key=${turn} path="/api/admin/users" query=${query} onward="after">
      ${(items) => html`<ul class="rows people">
        ${items.length === 0 && html`<li>${t("Nobody is found.")}</li>`}
        ${items.map((person) => html`<${Row} key=${person.slug} person=${person} onOpen=${() => setOpen(person)} />`)}
      </ul>`}
    <//>
    ${open && html`<${Person} person=${open} onClose=${() => setOpen(null)} onChanged=${() => setTurn(turn + 1)} />`}`;
}

function Row({ person, onOpen }) {
  const { slug, email, name, role, disabled, worker, last_seen: seen, second_factor: factor, limits } = person;
  return html`<li>
    <div>
      <strong dir="auto">${name || email}</strong>${" "}
      ${role === "admin" && html`<span class="chip">${t("Admin")}</span>`}
      ${disabled && html`<span class="chip bad">${t("Disabled")}</span>`}
      <small dir="auto">${email} · ${slug}</small>
      <small>
        ${seen ? html`${t("last here")} <${Time} time=${seen} />` : t("logged in nowhere")}
        ${factor && ` · ${t("second factor")}`} · ${t("limits:")} <span dir="auto">${limits.profile}</span>
      </small>
    </div>
    <div>
      <${StateChip} status=${worker} />
      ${worker.reason && html`<small>${explain(worker.reason).title}</small>`}
    </div>
    <button type="button" class="outline small" aria-label=${t("Change {name}", { name: name || email })} onClick=${onOpen}>${t("Change")}</button>
  </li>`;
}
