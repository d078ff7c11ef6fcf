// Logging in, with the code of a second factor where the account has one.
import { html, useState } from "../../lib/preact.js";
import { t } from "../../core/language.js";
import { to } from "../../core/router.js";
import { ended, logIn } from "../../core/session.js";
import { useStore } from "../../core/store.js";
import { Field } from "../../ui/field.js";
import { Form } from "../../ui/form.js";
import { Title } from "../../ui/title.js";
import { wordsOf } from "../../core/notices.js";
import { typed } from "./typed.js";

export function LogIn({ policy }) {
  const whose = useStore(ended);
  const [asksCode, setAsksCode] = useState(false);
  async function send({ username, password, code }) {
    await logIn(username, password, code?.replace(/\s/g, ""));
    typed.set("");
  }
  function onProblem(problem) {
    if (problem.code === "wrong_login") return { errors: { "/password": wordsOf(problem) } };
    if (problem.code !== "second_factor_needed") return undefined;
    setAsksCode(true);
    return { focus: "code" };
  }
  return html`<${Title} text=${t("Log in")} />
    ${whose && html`<p class="notice" role="status">${t("Your log-in has ended. Log in again; what you were changing is still here.")}</p>`}
    <${Form} onSend=${send} onProblem=${onProblem} submit=${t("Log in")}>
      <${Field} name="username" type="email" label=${t("E-mail address")} value=${whose ?? typed.value} autocomplete="username"
        onInput=${(event) => typed.set(event.target.value)} />
      <${Field} name="password" type="password" label=${t("Password")} autocomplete="current-password" />
      ${asksCode && html`<${Code} />`}
    <//>
    <p><a href=${to("forgotten")}>${t("Forgotten your password, or lost your phone?")}</a></p>
    <${NoAccount} policy=${policy} />`;
}

/** The second step. A recovery code has letters, for which a phone needs its other keyboard. */
function Code() {
  const [isRecovery, setIsRecovery] = useState(false);
  if (isRecovery) {
    return html`<${Field} key="recovery" name="code" label=${t("Recovery code")} autocomplete="off" autocapitalize="off" spellcheck=${false}
      help=${t("One of those that you stored when you switched the second factor on. Each is good once.")} />`;
  }
  return html`<${Field} key="app" name="code" label=${t("Code")} inputmode="numeric" autocomplete="one-time-code"
      help=${t("The six digits that your authenticator app shows now.")} />
    <p><button type="button" class="link" onClick=${() => setIsRecovery(true)}>${t("I do not have my phone: use a recovery code")}</button></p>`;
}

/** How one gets an account here; its place is kept while that is not known. */
function NoAccount({ policy }) {
  const words = {
    open: () => html`${t("No account yet?")} <a href=${to("sign-up")}>${t("Sign up")}</a>`,
    invite: () => html`${t("No account yet?")} <a href=${to("sign-up")}>${t("Sign up with an invite")}</a>`,
    closed: () => t("No account yet? Ask this host's owner for one."),
  }[policy?.registration];
  return html`<p>${words ? words() : "\u00a0"}</p>`;
}
