// All of one line, to be read and copied.
import { html, useRef } from "../../lib/preact.js";
import { t } from "../../core/language.js";
import { notify } from "../../core/notices.js";
import { Button } from "../../ui/button.js";
import { Dialog } from "../../ui/dialog.js";
import { EXACT, Level, asText, levelOf, styled, told } from "./line.js";

export function Opened({ line, q, onClose }) {
  const text = useRef();
  async function copy() {
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(asText([line]));
      notify(t("Copied."));
    } else {
      getSelection().selectAllChildren(text.current); // a browser lets only pages by HTTPS write to the clipboard
      notify(t("The line is selected: copy it as you copy other text."));
    }
  }
  const actions = html`<button type="button" class="secondary" onClick=${onClose}>${t("Close")}</button>
    <${Button} action=${copy}>${t("Copy")}<//>`;
  const [kind, , word] = levelOf(line.priority);
  return html`<${Dialog} wide title=${t("A line of the log")} onClose=${onClose} actions=${actions}>
    <p class="line ${kind}">
      <time datetime=${new Date(line.at).toISOString()}>${told(line.at, EXACT)}</time>
      ${word && html` <${Level} priority=${line.priority} /> <span class="level" aria-hidden="true">${word}</span>`}
    </p>
    <pre ref=${text} class="whole" dir="auto" tabindex="0">${styled(line.message, q)}</pre>
  <//>`;
}
