// Says that there are changes that are not stored, what is wrong with them, and that what runs does not know them yet.
import { html } from "../lib/preact.js";
import { t } from "../core/language.js";
import { notify } from "../core/notices.js";
import { changed, restart, restartNeeded, status } from "../core/status.js";
import { useStore } from "../core/store.js";
import { Button } from "../ui/button.js";
import { confirmLoss } from "../ui/dialog.js";
import { Conflicts } from "./conflicts.js";
import { SAVING, discard, draft, isChanged, save } from "./draft.js";
import { showWrong } from "./wrong.js";

export function SaveBar() {
  const now = useStore(draft);
  const state = useStore(status);
  const changedAt = useStore(changed);
  const unsaved = isChanged(now);
  return html`<${Conflicts} />
    <div class="savebar" role="region" aria-label=${t("Changes")}>
      ${unsaved ? html`<${Unsaved} now=${now} />` : restartNeeded(state, changedAt) && html`<${Restart} />`}
    </div>`;
}

function Unsaved({ now }) {
  const wrong = Object.keys(now.errors).length;
  const text = wrong
    ? t.n(wrong, "Unsaved changes; one field is not right yet.", "Unsaved changes; {count} fields are not right yet.")
    : t("Unsaved changes.");
  async function drop() {
    if (await confirmLoss(t("Discard"))) discard();
  }
  async function store() {
    try {
      await save();
      notify(t("Saved."), { about: SAVING });
    } catch (problem) {
      if (!problem.errors?.length) throw problem;
      notify(t("Not saved: correct the fields that are marked first."), { kind: "bad", about: SAVING });
      queueMicrotask(() => showWrong(draft.value.errors)); // once they are drawn as wrong
    }
  }
  return html`<div class="bar ${wrong ? "warn" : ""}">
    <span role="status">${text}</span>
    ${wrong > 0 && html`<button type="button" class="quiet" onClick=${() => showWrong(now.errors)}>${t("Show what is wrong")}</button>`}
    <div class="buttons">
      <button type="button" class="secondary small" onClick=${drop}>${t("Discard")}</button>
      <${Button} kind="small" action=${store}>${t("Save")}<//>
    </div>
  </div>`;
}

function Restart() {
  return html`<div class="bar">
    <span role="status">${t("Saved. What runs now does not know the changes yet: restart tgcf to apply them.")}</span>
    <${Button} kind="small" action=${() => restart()}>${t("Restart now")}<//>
  </div>`;
}
