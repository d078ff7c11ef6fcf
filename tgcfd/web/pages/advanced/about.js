// Which tgcfd this is, and what there is for who writes programs.
import { html } from "../../lib/preact.js";
import { address, get } from "../../core/api.js";
import { t } from "../../core/language.js";
import { Loaded, useLoaded } from "../../ui/loading.js";

export function About() {
  const loaded = useLoaded(() => get("/api/openapi.json"), []);
  return html`<section class="card">
    <h2>tgcfd</h2>
    <${Loaded} from=${loaded} lines=${2}>${({ info }) => html`<p>${t("Version {version}; runs tgcf 1.1.8.", { version: info.version })}</p>`}<//>
    <p><a href=${address("/api/docs")}>${t("The API, for programs and other pages")}</a></p>
  </section>`;
}
