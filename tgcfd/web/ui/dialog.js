// Dialogs: the browser's own, so that focus stays inside and comes back, and Escape closes.
import { html, useEffect, useRef, useState } from "../lib/preact.js";
import { dialogs } from "../core/notices.js";
import { onSomebodyElse } from "../core/session.js";
import { Store, useStore } from "../core/store.js";
import { t } from "../core/language.js";
import { newId } from "./field.js";
import { Notices } from "./notices.js";

/** A dialog that is open as long as it is drawn. */
export function Dialog({ title, onClose, children, actions, wide = false }) {
  const dialog = useRef();
  const isOpen = useRef(true);
  const last = useRef(null); // what had the focus in it
  const [id] = useState(newId);
  useEffect(() => {
    const shown = dialog.current;
    const before = document.activeElement;
    shown.showModal();
    dialogs.set([...dialogs.value, id]);
    focusIn(shown);
    return () => {
      isOpen.current = false;
      dialogs.set(dialogs.value.filter((one) => one !== id));
      shown.close();
      (before?.isConnected ? before : document.querySelector("main h1"))?.focus();
    };
  }, []);
  useEffect(() => {
    if (last.current?.isConnected === false) focusIn(dialog.current); // it went with the step before
  });
  /** Chromium closes a dialog by the second Escape, whatever its `cancel` says. */
  function closed() {
    if (!isOpen.current) return;
    dialog.current.showModal();
    onClose();
  }
  function cancel(event) {
    if (event.target !== dialog.current) return; // a file field inside says so, too, when no file was chosen
    event.preventDefault();
    onClose();
  }
  const attributes = { class: wide ? "wide" : "", "aria-labelledby": id };
  const noteFocus = (event) => (last.current = event.target);
  return html`<dialog ref=${dialog} ...${attributes} onCancel=${cancel} onClose=${closed} onfocusin=${noteFocus}>
    <article>
      <header>
        <h2 id=${id} tabindex="-1" dir="auto">${title}</h2>
        <button type="button" class="quiet close" aria-label=${t("Close")} onClick=${onClose}>×</button>
      </header>
      ${children}
      ${actions && html`<footer>${actions}</footer>`}
    </article>
    <${Notices} within=${id} />
  </dialog>`;
}

const FIRST = "article > :not(header) :is(input, select, textarea):enabled";

/** Go on in a dialog where there is something to do; not at the button that closes it, which is first. */
const focusIn = (dialog) => (dialog.querySelector(FIRST) ?? dialog.querySelector("h2")).focus();

const asked = new Store(null);
onSomebodyElse(() => asked.set(null)); // never answered: nobody is here who could

/** Ask something; says whether the person agreed. */
export function confirm({ title, text, yes, kind = "" }) {
  return new Promise((resolve) => asked.set({ title, text, yes, kind, answer: resolve }));
}

/** Ask before unsaved changes are lost; `yes` is what does it. */
export const confirmLoss = (yes) =>
  confirm({ title: t("Discard the changes?"), text: t("What you have changed since the last save is lost."), yes, kind: "danger" });

/** Where `confirm` asks; drawn once. */
export function Questions() {
  const question = useStore(asked);
  if (!question) return null;
  const answer = (agreed) => {
    asked.set(null);
    question.answer(agreed);
  };
  const actions = html`
    <button type="button" class="secondary" onClick=${() => answer(false)}>${t("Cancel")}</button>
    <button type="button" class=${question.kind} onClick=${() => answer(true)}>${question.yes}</button>
  `;
  return html`<${Dialog} title=${question.title} onClose=${() => answer(false)} actions=${actions}>
    <p dir="auto">${question.text}</p>
  <//>`;
}
