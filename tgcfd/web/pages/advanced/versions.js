// What the configuration was before, who changed it, and the way back.
import { html, useEffect, useState } from "../../lib/preact.js";
import { call, get } from "../../core/api.js";
import { on } from "../../core/events.js";
import { t } from "../../core/language.js";
import { notify } from "../../core/notices.js";
import { useStore } from "../../core/store.js";
import { draft, follow, isChanged } from "../../form/draft.js";
import { Button } from "../../ui/button.js";
import { Dialog, confirm } from "../../ui/dialog.js";
import { Loaded, useLoaded } from "../../ui/loading.js";
import { Pages } from "../../ui/pages.js";
import { Time } from "../../ui/time.js";
import { Changes, TextDiff, inParts } from "./diff.js";
import { forgetFile } from "./file_draft.js";

export function Versions() {
  const [open, setOpen] = useState(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => on("config", () => setTurn((count) => count + 1)), []);
  return html`<${Pages} key=${turn} path="/api/config/versions" limit=${20} lines=${10}>
      ${(items) =>
        items.length === 0
          ? html`<p>${t("Nothing was stored yet.")}</p>`
          : html`<ol class="versions">
              ${items.map((version) => html`<${Version} key=${version.id} version=${version} onOpen=${() => setOpen(version)} />`)}
            </ol>`}
    <//>
    ${open && html`<${Opened} version=${open} onClose=${() => setOpen(null)} />`}`;
}

function Version({ version, onOpen }) {
  const { time, current, changed, changes } = version;
  return html`<li class="card">
    <div class="head">
      <strong><${Time} time=${time} /></strong>
      ${current && html`<span class="chip good">${t("Current")}</span>`}
      <span class="help">${who(version)}</span>
      ${!current && html`<button type="button" class="outline small" onClick=${onOpen}>${t("Look at it")}</button>`}
    </div>
    ${changes.length > 0 &&
    html`<ul>
      ${changes.map((change) => html`<li key=${change.pointer} dir="auto">${kindOf(change)} ${inParts(change.words)}</li>`)}
      ${changed > changes.length && html`<li>${t("And {count} more.", { count: changed - changes.length })}</li>`}
    </ul>`}
  </li>`;
}

const kindOf = ({ kind }) => ({ added: t("Added:"), removed: t("Removed:"), changed: t("Changed:") })[kind];

/** Who stored a version, and how. */
function who({ way, token, by }) {
  return {
    page: t("on this page"),
    api: token ? t("by the program “{token}”", { token }) : t("by a program"),
    import: t("by an import"),
    restore: t("by going back to an earlier version"),
    tgcf: t("by a command to the bot"),
    command: t("by the host's owner"),
    hand: t("not by tgcfd: the file was changed by hand"),
  }[way] ?? by ?? way;
}

function Opened({ version, onClose }) {
  const diff = useLoaded(() => get(`/api/config/versions/${version.id}/diff`), [version.id]);
  const { etag } = useStore(draft);
  async function goBack() {
    const question = {
      title: t("Go back to this version?"),
      text: isChanged()
        ? t("Changes that you have not saved are kept on the pages. Tokens and sessions return as they were then.")
        : t("Tokens and sessions return as they were then; how far past mode is stays as it is now. You can undo it by going back once more."),
      yes: t("Go back"),
    };
    if (!(await confirm(question))) return;
    await follow(call("POST", `/api/config/versions/${version.id}/restore`, { etag: etag ?? undefined }));
    forgetFile();
    notify(t("The configuration is as it was then."));
    onClose();
  }
  return html`<${Dialog}
    wide
    title=${t("What has changed since")}
    onClose=${onClose}
    actions=${html`<button type="button" class="secondary" onClick=${onClose}>${t("Close")}</button>
      <${Button} action=${goBack}>${t("Go back to this version")}<//>`}
  >
    <p><${Time} time=${version.time} /> · ${who(version)}</p>
    <${Loaded} from=${diff} lines=${6}>
      ${(shown) => html`<${Changes} diff=${shown} />
        <details><summary>${t("Line by line")}</summary><${TextDiff} text=${shown.text} cut=${shown.text_cut} /></details>`}
    <//>
  <//>`;
}
