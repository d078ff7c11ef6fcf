// Where notices are shown, and said to screen readers.
import { html } from "../lib/preact.js";
import { dialogs, dismiss, notices } from "../core/notices.js";
import { route } from "../core/router.js";
import { useStore } from "../core/store.js";
import { t } from "../core/language.js";

// What went wrong on a page is not to cover the next one.
let page = route.value.page;
route.subscribe((now) => {
  if (now.page === page) return;
  page = now.page;
  notices.set(notices.value.filter(({ kind }) => kind !== "bad"));
});

/** `within`: the dialog that this is in. The place is there before the words, or no reader would say them. */
export function Notices({ within }) {
  const isTopmost = useStore(dialogs).at(-1) === within;
  const all = useStore(notices);
  const shown = isTopmost ? all : [];
  return html`<div class="notices" role="status" aria-live="polite">
    ${shown.map(
      (notice) => html`<div key=${notice.id} class="notice ${notice.kind}">
        <span dir="auto">${notice.text}</span>
        ${notice.action &&
        html`<button type="button" class="quiet" onClick=${() => (dismiss(notice.id), notice.action.do())}>
          ${notice.action.label}
        </button>`}
        <button type="button" class="quiet close" aria-label=${t("Close")} onClick=${() => dismiss(notice.id)}>×</button>
      </div>`,
    )}
  </div>`;
}
