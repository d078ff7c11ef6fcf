// Whose tgcf runs, and what it takes. Nobody pushes others' state: it is as old as the page says.
import { html, useState } from "../../lib/preact.js";
import { bytes, number, t } from "../../core/language.js";
import { explain } from "../../core/reasons.js";
import { Pages } from "../../ui/pages.js";
import { StateChip } from "../../ui/state.js";
import { Since, Time } from "../../ui/time.js";

export function Workers() {
  const [asked, setAsked] = useState(() => new Date().toISOString());
  return html`<p class="filters">
      <span>${t("As it was")} <${Time} time=${asked} options=${{ timeStyle: "medium" }} /></span>
      <button type="button" class="outline small" onClick=${() => setAsked(new Date().toISOString())}>${t("Look again")}</button>
    </p>
    <${Pages} key=${asked} path="/api/admin/workers" onward="after">
      ${(items) => html`<ul class="rows">
        ${items.length === 0 && html`<li>${t("Nobody's tgcf runs.")}</li>`}
        ${items.map(
          ({ slug, reason, started, restarts, usage, mode, ...state }) => html`<li key=${slug}>
            <div>
              <strong dir="auto">${slug}</strong> <${StateChip} status=${state} />
              ${reason && html`<small>${explain(reason).title}</small>`}
              <small>
                ${mode === "past" ? t("existing messages") : t("new messages")}
                ${started && html` · ${t("for")} <${Since} time=${started} />`}
                ${restarts > 0 && ` · ${t.n(restarts, "started again once", "started again {count} times")}`}
              </small>
            </div>
            ${usage && html`<div><small>${t("Memory")}: ${amount(usage.memory_bytes, bytes)}</small><small>${t("Processor time")}: ${amount(usage.cpu_seconds, seconds)}</small></div>`}
          </li>`,
        )}
      </ul>`}
    <//>`;
}

const amount = (value, words) => (value === null ? "–" : words(value));
const seconds = (value) => `${number(Math.round(value))} s`;
