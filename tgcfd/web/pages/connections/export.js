// The configuration as a file, without its secrets or, with the password, with them.
import { html, useState } from "../../lib/preact.js";
import { address, asItIs, call } from "../../core/api.js";
import { t } from "../../core/language.js";
import { Dialog } from "../../ui/dialog.js";
import { download } from "../../ui/download.js";
import { Field, Labelled } from "../../ui/field.js";
import { Form } from "../../ui/form.js";

const FILES = { yaml: ["tgcf.config.yml", "text/yaml"], json: ["tgcfd.config.json", "application/json"], tgcf: ["tgcf.config.json", "application/json"] };

export function Export({ onClose }) {
  const [format, setFormat] = useState("yaml");
  async function withSecrets({ current_password: password }) {
    const { data } = await call("POST", "/api/config/export", { body: { current_password: password, format }, read: asItIs });
    const [name, type] = FILES[format];
    download(name, data, type);
    onClose();
  }
  return html`<${Dialog} title=${t("Export")} onClose=${onClose}>
    <${Labelled} label=${t("Format")}>
      ${(attributes) => html`<select ...${attributes} value=${format} onChange=${(event) => setFormat(event.target.value)}>
        <option value="yaml">${t("YAML, as it is kept here")}</option>
        <option value="json">${t("JSON")}</option>
        <option value="tgcf">${t("tgcf.config.json, for tgcf itself")}</option>
      </select>`}
    <//>
    <p>${t("Without tokens and sessions; whoever imports it keeps their own.")}</p>
    <a class="as-button" href=${address(`/api/config/export?format=${format}`)} download onClick=${() => setTimeout(onClose)}>${t("Download")}</a>
    <details>
      <summary>${t("With tokens and sessions")}</summary>
      <p>${t("Whoever has that file can use your Telegram account. Keep it as safe as your password.")}</p>
      <${Form} onSend=${withSecrets} submit=${t("Download with secrets")} kind="danger">
        <${Field} name="current_password" type="password" label=${t("Your password here")} autocomplete="current-password" required />
      <//>
    </details>
  <//>`;
}
