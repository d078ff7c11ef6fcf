// The limits that people's tgcf can get; the host's owner sets them.
import { html } from "../../lib/preact.js";
import { get } from "../../core/api.js";
import { number, t } from "../../core/language.js";
import { Loaded, useLoaded } from "../../ui/loading.js";

export function Limits() {
  const loaded = useLoaded(() => get("/api/admin/profiles"), []);
  const labels = [t("Limits"), t("Memory"), t("Processor"), t("Processes and threads"), t("Open files"), t("Weight at the disk")];
  return html`<p class="help">
      ${t("What somebody's tgcf may take at most. The host's owner sets these; who gets which you choose under People. Without a choice, standard counts.")}
    </p>
    <${Loaded} from=${loaded} lines=${4}>
      ${({ items }) => html`<table class="cards">
        <thead><tr>${labels.map((label) => html`<th key=${label} scope="col">${label}</th>`)}</tr></thead>
        <tbody>
          ${items.map(
            (one) => html`<tr key=${one.profile}>
              <td><strong dir="auto">${one.profile}</strong></td>
              <td data-label=${labels[1]}>${number(one.memory_mib)} MB</td>
              <td data-label=${labels[2]}>${t("{percent} % of a core", { percent: number(one.cpu_percent) })}</td>
              <td data-label=${labels[3]}>${number(one.tasks)}</td>
              <td data-label=${labels[4]}>${number(one.open_files)}</td>
              <td data-label=${labels[5]}>${number(one.io_weight)}</td>
            </tr>`,
          )}
        </tbody>
      </table>`}
    <//>
    <p class="help">${t("Where tgcfd runs without systemd, the number of open files alone is kept.")}</p>`;
}
