// Header and footer, and how a message looks with them.
import { html } from "../../lib/preact.js";
import { t } from "../../core/language.js";
import { useSetting } from "../../form/draft.js";
import { Setting } from "../../form/setting.js";

export function Caption() {
  const { value: header } = useSetting("/plugins/caption/header");
  const { value: footer } = useSetting("/plugins/caption/footer");
  return html`<${Setting} at="/plugins/caption/header" />
    <${Setting} at="/plugins/caption/footer" />
    <div class="field">
      <div class="label" id="caption-preview">${t("What is sent")}</div>
      <div class="bubble" role="note" aria-labelledby="caption-preview"><span dir="auto">${header}</span><em>${t("The text of the message.")}</em><span dir="auto">${footer}</span></div>
      <small>${t("Nothing is put between them: a new line is one that you enter.")}</small>
    </div>`;
}
