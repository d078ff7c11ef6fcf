// Who has an account here.
import { html, useState } from "../../lib/preact.js";
import { t } from "../../core/language.js";
import { explain } from "../../core/reasons.js";
import { keepInAddress, route } from "../../core/router.js";
import { Choice } from "../../ui/field.js";
import { Pages } from "../../ui/pages.js";
import { Search } from "../../ui/search.js";
import { StateChip } from "../../ui/state.js";
import { Time } from "../../ui/time.js";
import { Person } from "./person.js";

const WORDS = ["q", "role", "disabled"];

export function People() {
  const [query, setQuery] = useState(() => Object.fromEntries(WORDS.map((name) => [name, route.value.query.get(name) ?? ""])));
  const [open, setOpen] = useState(null);
  const [changed, setChanged] = useState({}); // by short name, in the place of what was listed; null: deleted
  function look(fields) {
    const next = { ...query, ...fields };
    keepInAddress({ part: "people", ...Object.fromEntries(Object.entries(next).filter(([, value]) => value)) });
    setQuery(next);
    setChanged({});
  }
  const take = (slug, person) => setChanged((before) => ({ ...before, [slug]: person }));
  return html`<form class="filters" onSubmit=${(event) => event.preventDefault()}>
      <${Search} label=${t("Search")} maxlength="254" placeholder=${t("Name, e-mail address")} value=${query.q} onSearch=${(q) => look({ q })} />
      <${Choice} label=${t("Role")} value=${query.role} onChange=${(role) => look({ role })}
        options=${[["", t("All")], ["person", t("People")], ["admin", t("Admins")]]} />
      <${Choice} label=${t("Accounts")} value=${query.disabled} onChange=${(disabled) => look({ disabled })}
        options=${[["", t("All")], ["false", t("In use")], ["true", t("Disabled")]]} />
    </form>
    <${Pages} path="/api/admin/users" query=${query} onward="after">
      ${(items) => {
        const people = items.map((one) => (one.slug in changed ? changed[one.slug] : one)).filter(Boolean);
        return people.length === 0
          ? html`<p>${t("Nobody is found.")}</p>`
          : html`<ul class="rows people">
              ${people.map((person) => html`<${Row} key=${person.slug} person=${person} onOpen=${() => setOpen(person)} />`)}
            </ul>`;
      }}
    <//>
    ${open && html`<${Person} slug=${open.slug} onClose=${() => setOpen(null)} onChanged=${(person) => take(open.slug, person)} />`}`;
}

function Row({ person, onOpen }) {
  const { slug, email, name, role, disabled, worker, last_seen: seen, second_factor: factor, limits } = person;
  return html`<li>
    <div>
      <strong dir="auto">${name || email}</strong>${" "}
      ${role === "admin" && html`<span class="chip">${t("Admin")}</span>`}${" "}
      ${disabled && html`<span class="chip bad">${t("Disabled")}</span>`}
      <small><span dir="auto">${email}</span> · <span dir="auto">${slug}</span></small>
      <small>
        ${seen ? html`${t("last here")} <${Time} time=${seen} />` : t("logged in nowhere")}
        ${factor && ` · ${t("second factor")}`} · ${t("limits:")} <span dir="auto">${limits.profile}</span>
      </small>
    </div>
    <div class="theirs">
      <${StateChip} status=${worker} />
      ${worker.reason && html`<small>${explain(worker.reason).title}</small>`}
    </div>
    <button type="button" class="outline small" aria-label=${t("Change {name}", { name: name || email })} onClick=${onOpen}>${t("Change")}</button>
  </li>`;
}
