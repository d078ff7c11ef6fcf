// What fewer people need: all options, the configuration as a file, and what it was before.
import { html } from "../lib/preact.js";
import { t } from "../core/language.js";
import { Tabs } from "../ui/tabs.js";
import { About } from "./advanced/about.js";
import { File } from "./advanced/file.js";
import { Options } from "./advanced/options.js";
import { Versions } from "./advanced/versions.js";

export default function Advanced() {
  return html`<${Tabs}
    parts=${{
      options: [t("Options"), Options],
      file: [t("The file"), File],
      versions: [t("Versions"), Versions],
      about: [t("About"), About],
    }}
  />`;
}
