// Who did what on this host.
import { html, useState } from "../../lib/preact.js";
import { t } from "../../core/language.js";
import { Audit } from "../../ui/audit.js";
import { Labelled } from "../../ui/field.js";

export function Everything() {
  const [query, setQuery] = useState({});
  const look = (fields) => setQuery({ ...query, ...fields });
  const day = (value, plus = 0) => value && new Date(new Date(`${value}T00:00`).getTime() + plus * 86400000).toISOString();
  return html`<form class="filters" onSubmit=${(event) => event.preventDefault()}>
      <${Labelled} label=${t("Who")} help=${t("The short name of an account")}>
        ${(attributes) => html`<input ...${attributes} type="search" maxlength="64" onChange=${(event) => look({ who: event.target.value.trim() })} />`}
      <//>
      <${Labelled} label=${t("From")}>
        ${(attributes) => html`<input ...${attributes} type="date" onChange=${(event) => look({ since: day(event.target.value) })} />`}
      <//>
      <${Labelled} label=${t("To")}>
        ${(attributes) => html`<input ...${attributes} type="date" onChange=${(event) => look({ until: day(event.target.value, 1) })} />`}
      <//>
    </form>
    <${Audit} path="/api/admin/audit" query=${query} />`;
}
