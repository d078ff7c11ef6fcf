// What fewer people need: all options, the configuration as a file, and what it was before.
import { html, useState } from "../lib/preact.js";
import { t } from "../core/language.js";
import { keepInAddress, route } from "../core/router.js";
import { useStore } from "../core/store.js";
import { About } from "./advanced/about.js";
import { File } from "./advanced/file.js";
import { Options } from "./advanced/options.js";
import { Versions } from "./advanced/versions.js";

export default function Advanced() {
  const { query } = useStore(route);
  const [part, setPart] = useState(query.get("part") ?? "options");
  const parts = { options: [t("Options"), Options], file: [t("The file"), File], versions: [t("Versions"), Versions], about: [t("About"), About] };
  const name = part in parts ? part : "options";
  const choose = (chosen) => {
    setPart(chosen);
    keepInAddress({ part: chosen });
  };
  const Part = parts[name][1];
  return html`<div class="tabs" role="group" aria-label=${t("Parts of this page")}>
      ${Object.entries(parts).map(
        ([one, [label]]) => html`<button key=${one} type="button" class=${one === name ? "small" : "outline small"} aria-pressed=${one === name ? "true" : "false"} onClick=${() => choose(one)}>${label}</button>`,
      )}
    </div>
    <${Part} />`;
}
