// A secret that is shown once: to be copied or stored before the dialog is closed.
import { html } from "../lib/preact.js";
import { t } from "../core/language.js";
import { notify } from "../core/notices.js";
import { Button } from "./button.js";
import { Dialog, confirm } from "./dialog.js";
import { download } from "./download.js";

/** `name`: of the file that it can be stored in, or printed; without, it can be copied alone. */
export function Once({ title, text, value, name, onClose }) {
  async function copy() {
    await navigator.clipboard.writeText(value);
    notify(t("Copied."));
  }
  /** As the button that closes it, but by mistake, maybe. */
  async function leave() {
    const question = { title: t("Have you stored it?"), text: t("It is not shown again."), yes: t("I have stored it") };
    if (await confirm(question)) onClose();
  }
  // A browser lets only pages by HTTPS, and of this computer, write to the clipboard.
  const canCopy = Boolean(navigator.clipboard);
  return html`<${Dialog} title=${title} onClose=${leave} actions=${html`<button type="button" onClick=${onClose}>${t("I have stored it")}</button>`}>
    <p>${text}</p>
    <pre class="once" tabindex="0"><code>${value}</code></pre>
    <div class="buttons">
      ${canCopy && html`<${Button} kind="outline small" action=${copy}>${t("Copy")}<//>`}
      ${name && html`<button type="button" class="outline small" onClick=${() => download(name, `${value}\n`, "text/plain")}>${t("Download")}</button>
      <button type="button" class="outline small" onClick=${() => print()}>${t("Print")}</button>`}
    </div>
  <//>`;
}
