// A page that shows the configuration: it draws `children()` once the configuration is here.
import { html } from "../lib/preact.js";
import { Said, t } from "../core/language.js";
import { explain } from "../core/reasons.js";
import { to } from "../core/router.js";
import { useStore } from "../core/store.js";
import { Loaded, useLoaded } from "../ui/loading.js";
import { draft, load } from "./draft.js";

export function WithDraft({ children }) {
  const now = useStore(draft);
  const loaded = useLoaded(() => load().then(() => true), []);
  if (now.base) return children();
  if (loaded.problem?.code === "config_unreadable") return html`<${Damaged} problem=${loaded.problem} />`;
  return html`<${Loaded} from=${loaded} lines=${8}>${() => null}<//>`;
}

/** What is stored is no configuration: the file and its versions are the way out. */
function Damaged({ problem }) {
  const { title, todo } = explain(problem.code);
  return html`<section class="card bad" role="alert">
    <h2>${title}</h2>
    <p><${Said} text=${problem.detail} /></p>
    <p><strong>${t("What to do:")}</strong> ${todo}</p>
    <div class="buttons">
      <a class="as-button" href=${to("advanced", { part: "file" })}>${t("Correct the file")}</a>
      <a class="as-button" href=${to("advanced", { part: "versions" })}>${t("Go back to an earlier version")}</a>
    </div>
  </section>`;
}
