// For who is not logged in: log in, sign up, what to do about a lost password.
import { html, useEffect, useState } from "../lib/preact.js";
import { get } from "../core/api.js";
import { t } from "../core/language.js";
import { route, to } from "../core/router.js";
import { ended, logIn, signUp } from "../core/session.js";
import { useStore } from "../core/store.js";
import { Field } from "../ui/field.js";
import { Form } from "../ui/form.js";
import { LanguageChoice } from "../ui/frame.js";

export function Entry() {
  const { page } = useStore(route);
  const invite = /^invite=(.+)$/.exec(page)?.[1];
  const [policy, setPolicy] = useState(null);
  useEffect(() => void get("/api/auth/policy").then(setPolicy, () => setPolicy({ registration: "unknown" })), []);
  const isSignUp = page === "sign-up" || invite;
  return html`<main class="door">
    <header><span class="brand">tgcfd</span><${LanguageChoice} /></header>
    ${isSignUp ? html`<${SignUp} invite=${invite} policy=${policy} />` : html`<${LogIn} policy=${policy} />`}
  </main>`;
}

function LogIn({ policy }) {
  const wasEnded = useStore(ended);
  const [asksCode, setAsksCode] = useState(false);
  useEffect(() => void (document.title = `${t("Log in")} · tgcfd`), []);
  const noteProblem = (problem) => {
    if (problem.code === "second_factor_needed") setAsksCode(true);
    return problem.code === "second_factor_needed";
  };
  return html`<h1 tabindex="-1">${t("Log in")}</h1>
    ${wasEnded && html`<p role="status">${t("Your log-in has ended. Log in again; what you were changing is still here.")}</p>`}
    <${Form} onSend=${({ email, password, code }) => logIn(email, password, code)} onProblem=${noteProblem} submit=${t("Log in")}>
      <${Field} name="email" type="email" label=${t("E-mail address")} autocomplete="username" required />
      <${Field} name="password" type="password" label=${t("Password")} autocomplete="current-password" required />
      ${asksCode && html`<${Field} name="code" label=${t("Code")} help=${t("The six digits that your authenticator app shows, or a recovery code.")} autocomplete="one-time-code" required />`}
    <//>
    ${policy && policy.registration !== "closed" && html`<p>${t("No account yet?")} <a href=${to("sign-up")}>${t("Sign up")}</a></p>`}`;
}

function SignUp({ invite }) {
  useEffect(() => void (document.title = `${t("Sign up")} · tgcfd`), []);
  async function send({ name, email, password }) {
    await signUp({ name, email, password, ...(invite ? { invite } : {}) });
    await logIn(email, password);
    history.replaceState(null, "", to("")); // the invite is used, and is nobody else's business
    route.set({ page: "", query: new URLSearchParams() });
  }
  return html`<h1 tabindex="-1">${t("Sign up")}</h1>
    <${Form} onSend=${send} submit=${t("Sign up")}>
      <${Field} name="name" label=${t("Name")} autocomplete="name" required />
      <${Field} name="email" type="email" label=${t("E-mail address")} autocomplete="username" required />
      <${Field} name="password" type="password" label=${t("Password")} help=${t("At least 8 characters.")} autocomplete="new-password" required />
    <//>
    <p>${t("You have an account?")} <a href=${to("")}>${t("Log in")}</a></p>`;
}
