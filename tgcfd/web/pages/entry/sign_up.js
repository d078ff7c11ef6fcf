// Making an account: for everybody, with an invite, or not at all, as the host's owner has decided.
import { html, useRef, useState } from "../../lib/preact.js";
import { t } from "../../core/language.js";
import { to } from "../../core/router.js";
import { logIn, signUp } from "../../core/session.js";
import { useStore } from "../../core/store.js";
import { Field } from "../../ui/field.js";
import { Form } from "../../ui/form.js";
import { Skeleton } from "../../ui/loading.js";
import { Title } from "../../ui/title.js";
import { codeIn, invite } from "./invite.js";
import { typed } from "./typed.js";

export function SignUp({ policy }) {
  const code = useStore(invite);
  const [hasCode, setHasCode] = useState(false);
  const isClosed = policy?.registration === "closed" && !code && !hasCode;
  return html`<${Title} text=${t("Sign up")} />
    ${!policy && html`<${Skeleton} lines=${6} />`}
    ${isClosed && html`<${Closed} onCode=${() => setHasCode(true)} />`}
    ${policy && !isClosed && html`<${Account} code=${code} takesCode=${hasCode || policy.registration !== "open"} />`}
    <p>${t("You have an account?")} <a href=${to("")}>${t("Log in")}</a></p>`;
}

function Closed({ onCode }) {
  return html`<p>${t("Accounts are made by this host's owner. Ask them for one, then log in with what they give you.")}</p>
    <p><button type="button" class="link" onClick=${onCode}>${t("I have the code of an invite")}</button></p>`;
}

function Account({ code, takesCode }) {
  const [asksCode, setAsksCode] = useState(takesCode);
  const made = useRef(null); // the account is made already, where only logging in has failed
  async function send({ name, email, password, invite: typedCode }) {
    const wanted = code || codeIn(typedCode ?? "");
    if (made.current !== email) await signUp({ name, email, password, ...(wanted ? { invite: wanted } : {}) });
    made.current = email;
    invite.set("");
    await logIn(email, password);
  }
  function onProblem({ code: what }) {
    if (what === "email_taken") return { errors: { "/email": t("There is an account with this address. If it is yours, log in below.") } };
    if (what !== "invite_needed" && what !== "invite_not_good") return undefined;
    invite.set("");
    setAsksCode(true);
    return { errors: { "/invite": what === "invite_needed" ? needed() : notGood() } };
  }
  return html`<${Form} onSend=${send} onProblem=${onProblem} submit=${t("Sign up")}>
    ${code && html`<p class="notice good">${t("You are invited. Choose how to log in from now on; the invite is good for one account.")}</p>`}
    ${!code && asksCode && html`<${Field} name="invite" label=${t("Invite")} autocomplete="off" autocapitalize="off" spellcheck=${false}
      help=${t("An account takes an invite: ask this host's owner or an admin for one. Paste its link or its code here.")} />`}
    <${Field} name="name" label=${t("Name")} help=${t("What admins here see of you.")} autocomplete="name" />
    <${Field} name="email" type="email" label=${t("E-mail address")} help=${t("You log in with it. Nothing is ever sent to it.")}
      value=${typed.value} onInput=${(event) => typed.set(event.target.value)} autocomplete="username" />
    <${Field} name="password" type="password" label=${t("Password")} autocomplete="new-password"
      help=${t("At least 8 characters. The longer the better: four words that have nothing to do with each other are good.")} />
  <//>`;
}

const needed = () => t("An account takes an invite here. Ask this host's owner or an admin for one.");
const notGood = () => t("This invite is not good, or no longer: it may have been used, or be too old. Ask who gave it to you for a new one.");
