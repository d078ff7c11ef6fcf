// Takes over a configuration from tgcf itself, of any version: first it is shown what would come of it.
import { html, useRef, useState } from "../../lib/preact.js";
import { Problem, call } from "../../core/api.js";
import { Said, t } from "../../core/language.js";
import { notify, wordsOf } from "../../core/notices.js";
import { discard, follow, isChanged } from "../../form/draft.js";
import { Button } from "../../ui/button.js";
import { Dialog, confirm } from "../../ui/dialog.js";
import { newId } from "../../ui/field.js";

const MOST_FILES = 4;
const MOST_BYTES = 2 * 1024 * 1024;

export function Import({ onClose }) {
  const [id] = useState(newId);
  const latest = useRef(); // of what was chosen: an earlier answer may come later
  const [files, setFiles] = useState([]);
  const [shown, setShown] = useState(null);
  const [problem, setProblem] = useState(null);

  async function look(chosen) {
    latest.current = chosen;
    setShown(null);
    setProblem(null);
    try {
      const taken = await Promise.all(chosen.slice(0, MOST_FILES).map(asPart));
      const { data, etag } = await call("POST", "/api/config/import", { body: { files: taken } });
      if (latest.current !== chosen) return;
      setFiles(taken);
      setShown({ ...data, etag });
    } catch (wrong) {
      if (latest.current === chosen) setProblem(wrong);
    }
  }
  async function take() {
    const question = { title: t("Discard the unsaved changes?"), text: t("The import replaces the configuration as it is stored; what you have changed since is lost."), yes: t("Discard and import"), kind: "danger" };
    if (isChanged() && !(await confirm(question))) return;
    await follow(call("POST", "/api/config/import", { body: { files, confirm: true }, etag: shown.etag }).then(discard));
    notify(t("Imported and saved."));
    onClose();
  }

  const refused = shown?.problems.some((one) => one.refused);
  const actions = html`
    <button type="button" class="secondary" onClick=${onClose}>${t("Cancel")}</button>
    <${Button} disabled=${!shown || refused} action=${take} onProblem=${setProblem}>${t("Take it over")}<//>
  `;
  return html`<${Dialog} wide title=${t("Import")} onClose=${onClose} actions=${actions}>
    <label for=${id}>${t("Files of tgcf")}</label>
    <input id=${id} type="file" multiple aria-describedby="${id}-help" onChange=${(event) => look([...event.target.files])}
      onDragOver=${(event) => event.preventDefault()} />
    <small id="${id}-help">${t("tgcf.config.json, or the older tgcf.config.yml with its .env, and a Telethon session if you have one; up to four files. Nothing is stored before you have seen what comes of it.")}</small>
    ${problem && html`<p class="problem" role="alert" dir="auto">${wordsOf(problem)}</p>`}
    ${problem?.errors?.map((one) => html`<p key=${one.pointer} class="problem"><${Said} text=${one.detail} /></p>`)}
    ${shown && html`<${Preview} shown=${shown} />`}
  <//>`;
}

function Preview({ shown }) {
  const { files, taken, kept, not_taken: left, problems, config } = shown;
  return html`<div class="preview" aria-live="polite">
    <h3>${t("What was recognised")}</h3>
    <ul>${files.map((file, at) => html`<li key=${at}><strong dir="auto">${file.name}</strong>: <${Said} text=${file.why} /></li>`)}</ul>
    <p>${t.n(config.forwards?.length ?? 0, "It has one connection.", "It has {count} connections.")}</p>
    <${Part} title=${t("What is converted")} items=${taken} />
    <${Part} title=${t("What stays as it is here")} items=${kept} />
    <${Part} title=${t("What cannot be taken")} items=${left} />
    <${Part} title=${t("What is not right yet")} items=${problems} kind="problem" />
  </div>`;
}

const SHOWN = 30;

function Part({ title, items, kind = "" }) {
  if (!items?.length) return null;
  return html`<h3>${title}</h3>
    <ul class=${kind}>
      ${items.slice(0, SHOWN).map((item, at) => html`<li key=${at}><code dir="auto">${item.pointer ?? item.where}</code> <${Said} text=${item.detail} /></li>`)}
      ${items.length > SHOWN && html`<li>${t("And {count} more.", { count: items.length - SHOWN })}</li>`}
    </ul>`;
}

/** A file as the API takes it: text where it is text, else base64. */
async function asPart(file) {
  if (file.size > MOST_BYTES) {
    throw new Problem({ code: "body_too_large", detail: t("{name} is larger than 2 MB; that is no configuration.", { name: file.name }) });
  }
  const content = new Uint8Array(await file.arrayBuffer());
  try {
    return { name: file.name, content: new TextDecoder("utf-8", { fatal: true }).decode(content) };
  } catch {
    const binary = Array.from(content, (byte) => String.fromCharCode(byte)).join("");
    return { name: file.name, content: btoa(binary), encoding: "base64" };
  }
}
