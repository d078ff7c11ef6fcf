// Who did what on this host.
import { html, useState } from "../../lib/preact.js";
import { t } from "../../core/language.js";
import { keepInAddress, route } from "../../core/router.js";
import { titles } from "../../core/audit.js";
import { Audit } from "../../ui/audit.js";
import { Choice, Labelled } from "../../ui/field.js";
import { Search } from "../../ui/search.js";

export function Everything() {
  const [query, setQuery] = useState(() => ({ who: route.value.query.get("who") ?? "" }));
  function look(fields) {
    const next = { ...query, ...fields };
    keepInAddress({ part: "log", ...(next.who ? { who: next.who } : {}) });
    setQuery(next);
  }
  const events = Object.entries(titles()).sort(([, one], [, other]) => one.localeCompare(other));
  const day = (label, onDay) => html`<${Labelled} label=${label}>
    ${(attributes) => html`<input ...${attributes} type="date" min="2000-01-01" max="2999-12-31" onChange=${(event) => event.target.validity.valid && onDay(event.target.value)} />`}
  <//>`;
  return html`<form class="filters audit" onSubmit=${(event) => event.preventDefault()}>
      <${Search} label=${t("Who")} placeholder=${t("Short name of an account")} maxlength="64" value=${query.who} onSearch=${(who) => look({ who })} />
      <${Choice} label=${t("What")} value="" onChange=${(event) => look({ event })} options=${[["", t("Everything")], ...events]} />
      ${day(t("From"), (value) => look({ since: beginOf(value, 0) }))}
      ${day(t("To"), (value) => look({ until: beginOf(value, 1) }))}
    </form>
    <${Audit} path="/api/admin/audit" query=${query} />`;
}

/** When a day begins here, or the one so many days later: not each has 24 hours. */
function beginOf(value, later) {
  if (!value) return "";
  const [year, month, date] = value.split("-").map(Number);
  return new Date(year, month - 1, date + later).toISOString();
}
