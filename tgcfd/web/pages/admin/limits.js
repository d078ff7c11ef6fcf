// The limits that people's tgcf can get; the host's owner sets them.
import { html } from "../../lib/preact.js";
import { number, t } from "../../core/language.js";
import { Pages } from "../../ui/pages.js";

export function Limits() {
  return html`<p class="help">${t("The host's owner sets these in tgcfd.yml. Choose whose tgcf gets which on the page People.")}</p>
    <${Pages} path="/api/admin/profiles" limit=${undefined}>
      ${(items) => html`<ul class="rows">
        ${items.map(
          (one) => html`<li key=${one.profile}>
            <div>
              <strong dir="auto">${one.profile}</strong>
              <small>
                ${t("{memory} MB of memory, {cpu} % of a core, {tasks} processes and threads, {files} open files", {
                  memory: number(one.memory_mib),
                  cpu: number(one.cpu_percent),
                  tasks: number(one.tasks),
                  files: number(one.open_files),
                })}
              </small>
            </div>
          </li>`,
        )}
      </ul>`}
    <//>`;
}
