// Dialogs: the browser's own, so that focus stays inside and comes back, and Escape closes.
import { html, useEffect, useRef, useState } from "../lib/preact.js";
import { dialogs } from "../core/notices.js";
import { Store, useStore } from "../core/store.js";
import { t } from "../core/language.js";
import { newId } from "./field.js";
import { Notices } from "./notices.js";

/** A dialog that is open as long as it is drawn. */
export function Dialog({ title, onClose, children, actions, wide = false }) {
  const dialog = useRef();
  const isOpen = useRef(true);
  const [id] = useState(newId);
  useEffect(() => {
    const shown = dialog.current;
    const before = document.activeElement;
    shown.showModal();
    dialogs.set([...dialogs.value, id]);
    // Where one goes on; not the button that closes it, which is the first one.
    (shown.querySelector("article > :not(header) :is(input, select, textarea):enabled") ?? shown.querySelector("h2")).focus();
    return () => {
      isOpen.current = false;
      dialogs.set(dialogs.value.filter((one) => one !== id));
      shown.close();
      (before?.isConnected ? before : document.querySelector("main h1"))?.focus();
    };
  }, []);
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
  return html`<dialog ref=${dialog} onCancel=${cancel} onClose=${closed} class=${wide ? "wide" : ""} aria-labelledby=${id}>
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

const asked = new Store(null);

/** Ask something; says whether the person agreed. */
export function confirm({ title, text, yes, kind = "" }) {
  return new Promise((resolve) => asked.set({ title, text, yes, kind, answer: resolve }));
}

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
