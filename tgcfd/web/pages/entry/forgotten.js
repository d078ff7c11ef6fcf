// What helps who has lost the password, or the phone with the second factor.
import { html } from "../../lib/preact.js";
import { t } from "../../core/language.js";
import { to } from "../../core/router.js";
import { Title } from "../../ui/title.js";

export function Forgotten() {
  return html`<${Title} text=${t("You cannot log in")} />
    <h2>${t("Forgotten password")}</h2>
    <p>${t("tgcfd sends no mail, so it cannot send you a new password. Look among the passwords that your browser keeps.")}</p>
    <p>${t("If it is lost, ask this host's owner to set a new one. Your connections stay as they are, and tgcf runs on. They type:")}</p>
    <pre><code>tgcfd user passwd you@example.org</code></pre>
    <p>${t("An account that an admin has disabled cannot log in either: ask them.")}</p>
    <h2>${t("Lost phone")}</h2>
    <p>${t("When you are asked for the code, choose to use a recovery code: one of those that you stored when you switched the second factor on.")}</p>
    <p>${t("If you have none, ask an admin of this host to switch your second factor off, or its owner, who types:")}</p>
    <pre><code>tgcfd user second-factor-off you@example.org</code></pre>
    <p><a href=${to("")}>${t("Back to logging in")}</a></p>`;
}
