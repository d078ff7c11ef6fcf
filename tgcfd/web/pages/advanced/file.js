// The configuration as the file that it is, comments and all.
import { html, useEffect, useRef, useState } from "../../lib/preact.js";
import { call, get } from "../../core/api.js";
import { on } from "../../core/events.js";
import { Said, t } from "../../core/language.js";
import { notify } from "../../core/notices.js";
import { to } from "../../core/router.js";
import { useStore } from "../../core/store.js";
import { draft, follow, isChanged } from "../../form/draft.js";
import { Button } from "../../ui/button.js";
import { Dialog, confirmLoss } from "../../ui/dialog.js";
import { Loaded, useLoaded } from "../../ui/loading.js";
import { file, isFileChanged } from "./file_draft.js";
import { Changes, TextDiff } from "./diff.js";

const PAUSE = 700;

export function File() {
  const formsHaveChanges = isChanged(useStore(draft));
  const loaded = useLoaded(fetchFile, []);
  useEffect(() => on("config", () => fetchFile().catch(() => {})), []); // the next save meets what was stored meanwhile
  if (formsHaveChanges) {
    return html`<section class="card warn">
      <p>${t("The other pages have changes that are not saved. Save or discard them first: then the file can be edited.")}</p>
    </section>`;
  }
  return html`<${Loaded} from=${loaded} lines=${12}>${() => html`<${Editor} />`}<//>`;
}

/** Take over what is stored, but in the place of nothing that was typed. */
async function fetchFile() {
  if (isFileChanged()) return true;
  const [{ data, etag }, { items }] = await Promise.all([readFile(), get("/api/config/versions", { limit: 1 })]);
  if (isFileChanged()) return true;
  file.set({ text: data ?? "", stored: data ?? "", isDamaged: data === null, etag, version: items[0]?.id ?? null, errors: [] });
  return true;
}

/** What is damaged is not shown: nobody could tell where its secrets are. */
async function readFile() {
  try {
    return await call("GET", "/api/config/yaml");
  } catch (problem) {
    if (problem.code !== "config_unreadable") throw problem;
    return { data: null, etag: undefined };
  }
}

function Editor() {
  const now = useStore(file);
  const area = useRef();
  const [conflict, setConflict] = useState(null);
  useEffect(() => {
    if (!now || now.text === now.stored) return undefined;
    const timer = setTimeout(() => check(now.text), PAUSE);
    return () => clearTimeout(timer);
  }, [now?.text]);
  if (!now) return null;

  async function save(etag = now.etag) {
    try {
      const answer = await follow(call("PUT", "/api/config/yaml", { body: now.text, type: "text/yaml", etag }));
      file.change({ stored: now.text, etag: answer.etag, errors: [] }); // somebody may have typed on meanwhile
      await fetchFile();
      return notify(t("Saved."));
    } catch (problem) {
      if (problem.code === "config_changed") return setConflict(await meanwhile(now, problem.etag));
      if (problem.errors?.length) file.change({ errors: problem.errors });
      throw problem;
    }
  }
  async function drop() {
    if (await confirmLoss(t("Discard"))) file.change({ text: now.stored, errors: [] });
  }
  async function takeTheirs() {
    setConflict(null);
    file.change({ text: now.stored, errors: [] });
    await fetchFile();
  }
  async function keepMine() {
    const { etag } = conflict;
    setConflict(null);
    await save(etag);
  }
  return html`<section class="card">
    <p class="help">${t("This is your configuration as it is stored, with your comments. A secret shows as ********, and stays as it is if you leave that.")}</p>
    ${now.isDamaged &&
    html`<p class="problem" role="alert">
      ${t("What is stored is damaged and cannot be shown. Write it anew here, or go back to an earlier version.")}
      ${" "}<a href=${to("advanced", { part: "versions" })}>${t("Versions")}</a>
    </p>`}
    <label for="yaml" class="hidden">${t("The configuration as YAML")}</label>
    <${Numbered} area=${area} text=${now.text} onText=${(text) => file.change({ text })} isWrong=${now.errors.length > 0} />
    <ul id="yaml-errors" class="problem" aria-live="polite">
      ${now.errors.map(
        ({ line, pointer, detail }, at) => html`<li key=${at}>
          ${line ? html`<button type="button" class="quiet small" onClick=${() => goTo(area.current, line)}>${t("Line {line}", { line })}</button>` : html`<code>${pointer}</code>`}
          ${" "}<${Said} text=${detail} />
        </li>`,
      )}
    </ul>
    <div class="buttons">
      <${Button} disabled=${now.text === now.stored} action=${() => save()}>${t("Save the file")}<//>
      <button type="button" class="secondary" disabled=${now.text === now.stored} onClick=${drop}>${t("Discard")}</button>
    </div>
    ${conflict &&
    html`<${Dialog}
      wide
      title=${t("Somebody has saved meanwhile")}
      onClose=${() => setConflict(null)}
      actions=${html`<${Button} kind="secondary" action=${takeTheirs}>${t("Take what is stored")}<//>
        <${Button} action=${keepMine}>${t("Save mine in its place")}<//>`}
    >
      <p>${t("Your text is still here. This is what has changed since you began; close this to bring both together by hand.")}</p>
      ${conflict.diff ? html`<${Changes} diff=${conflict.diff} /><${TextDiff} text=${conflict.diff.text} cut=${conflict.diff.text_cut} />` : html`<p>${t("What it was when you began is no longer kept.")}</p>`}
    <//>`}
  </section>`;
}

async function meanwhile({ version }, etag) {
  try {
    return { etag, diff: version && (await get(`/api/config/versions/${version}/diff`)) };
  } catch {
    return { etag, diff: null }; // the choice is the same without
  }
}

async function check(text) {
  let errors = [];
  try {
    await call("PUT", "/api/config/yaml", { body: text, type: "text/yaml", query: { check: true } });
  } catch (problem) {
    errors = problem.errors?.length ? problem.errors : problem.status === 422 ? [{ detail: problem.detail }] : [];
  }
  if (file.value?.text === text) file.change({ errors });
}

/** A text area with line numbers that scroll along. Tab moves on, as everywhere on the page. */
function Numbered({ area, text, onText, isWrong }) {
  const numbers = useRef();
  const count = text.split("\n").length;
  return html`<div class="numbered">
    <pre ref=${numbers} aria-hidden="true">${Array.from({ length: count }, (_, at) => `${at + 1}\n`).join("")}</pre>
    <textarea
      ref=${area} id="yaml" dir="ltr" wrap="off" spellcheck=${false} rows="24" value=${text}
      aria-invalid=${isWrong ? "true" : undefined} aria-describedby="yaml-errors"
      onInput=${(event) => onText(event.target.value)} onScroll=${(event) => (numbers.current.scrollTop = event.target.scrollTop)}
    ></textarea>
  </div>`;
}

function goTo(area, line) {
  const lines = area.value.split("\n");
  const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  area.focus();
  area.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
  area.scrollTop = (area.scrollHeight / lines.length) * Math.max(0, line - 5);
}
