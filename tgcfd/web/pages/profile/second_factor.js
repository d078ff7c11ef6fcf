// A code from an authenticator app at each log-in, beside the password.
import { html, useState } from "../../lib/preact.js";
import { get, post } from "../../core/api.js";
import { dateTime, t } from "../../core/language.js";
import { notify } from "../../core/notices.js";
import { Button } from "../../ui/button.js";
import { Dialog } from "../../ui/dialog.js";
import { Field } from "../../ui/field.js";
import { Form } from "../../ui/form.js";
import { Loaded, useLoaded } from "../../ui/loading.js";
import { Once } from "../../ui/once.js";
import { QrCode } from "./qr_code.js";

const AT = "/api/users/me/second-factor";
const FEW = 4; // codes, from which on it is time for new ones

export function SecondFactor() {
  const state = useLoaded(() => get(AT), []);
  const [step, setStep] = useState(null);
  const [codes, setCodes] = useState(null);
  const close = () => setStep(null);
  function done(words, recovery = null) {
    close();
    setCodes(recovery);
    notify(words);
    state.again();
  }
  const renew = async (fields) => done(t("The new codes count from now on, the former no more."), (await post(`${AT}/recovery-codes`, fields)).recovery_codes);
  async function switchOff(fields) {
    await post(`${AT}/off`, fields);
    done(t("The second factor is off."));
  }
  return html`<section class="card">
    <h2>${t("Second factor")}</h2>
    <p class="help">${t("With it, nobody can log in with your password alone: each log-in takes a code from an app on your phone as well.")}</p>
    <${Loaded} from=${state} lines=${2}>
      ${(now) => (now.on ? html`<${On} now=${now} onStep=${setStep} />` : html`<button type="button" class="outline small" onClick=${() => setStep("begin")}>${t("Switch it on…")}</button>`)}
    <//>
    ${step === "begin" && html`<${Begin} onClose=${close} onDone=${(recovery) => done(t("The second factor is on."), recovery)} />`}
    ${step === "renew" && html`<${WithCode} title=${t("New recovery codes")} submit=${t("Make new codes")} onClose=${close} onSend=${renew} />`}
    ${step === "off" && html`<${WithCode} title=${t("Switch the second factor off")} submit=${t("Switch it off")} kind="danger" onClose=${close} onSend=${switchOff} />`}
    ${codes && html`<${Once} title=${t("Recovery codes")} name="tgcfd-recovery-codes.txt" value=${codes.join("\n")} onClose=${() => setCodes(null)}
      text=${t("Each of these lets you in once if you lose your phone. Keep them where you keep your passwords: they are shown now, and never again.")} />`}
  </section>`;
}

function On({ now: { since, recovery_codes_left: left }, onStep }) {
  return html`<p>
      <span class="chip good"><span aria-hidden="true">✓</span> ${t("On")}</span>${" "}
      ${t("Since {time}.", { time: dateTime(since) })}${" "}
      <span class=${left < FEW ? "warning" : ""}>
        ${left === 0 ? t("No recovery code is left: make new ones.") : t.n(left, "One recovery code is left.", "{count} recovery codes are left.")}
      </span>
    </p>
    <div class="buttons">
      <button type="button" class="outline small" onClick=${() => onStep("renew")}>${t("New recovery codes…")}</button>
      <button type="button" class="danger small" onClick=${() => onStep("off")}>${t("Switch it off…")}</button>
    </div>`;
}

function Begin({ onClose, onDone }) {
  const [begun, setBegun] = useState(null);
  const begin = async (fields) => setBegun(await post(`${AT}/begin`, fields));
  const confirm = async ({ code }) => onDone((await post(`${AT}/confirm`, { code: plain(code) })).recovery_codes);
  return html`<${Dialog} title=${t("Switch the second factor on")} onClose=${onClose}>
    ${begun
      ? html`<${Secret} begun=${begun} />
          <${Form} key="confirm" onSend=${confirm} submit=${t("Switch it on")}>
            <${Field} name="code" label=${t("Code")} help=${t("The six digits that the app shows now.")} autocomplete="one-time-code" inputmode="numeric" />
          <//>`
      : html`<p>${t("You need an authenticator app on your phone, such as Aegis, 2FAS or Google Authenticator.")}</p>
          <${Form} key="begin" onSend=${begin} submit=${t("Go on")}>
            <${Field} name="current_password" type="password" label=${t("Your password")} autocomplete="current-password" />
          <//>`}
  <//>`;
}

function Secret({ begun: { uri, secret } }) {
  async function copy() {
    await navigator.clipboard.writeText(secret);
    notify(t("Copied."));
  }
  return html`<p>${t("Scan this with the app, then type the code that it shows.")}</p>
    <${QrCode} text=${uri} />
    <p>${t("If you cannot scan it, type this secret into the app:")}</p>
    <div class="secret">
      <code>${secret.match(/.{1,4}/g).join(" ")}</code>
      ${navigator.clipboard && html`<${Button} kind="outline small" action=${copy}>${t("Copy the secret")}<//>`}
    </div>`;
}

function WithCode({ title, submit, kind, onClose, onSend }) {
  return html`<${Dialog} title=${title} onClose=${onClose}>
    <${Form} onSend=${({ code, ...fields }) => onSend({ ...fields, code: plain(code) })} submit=${submit} kind=${kind}>
      <${Field} name="current_password" type="password" label=${t("Your password")} autocomplete="current-password" />
      <${Field} name="code" label=${t("Code")} help=${t("The six digits that your authenticator app shows, or a recovery code.")} autocomplete="one-time-code" />
    <//>
  <//>`;
}

const plain = (code) => code.replace(/\s/g, ""); // apps show it in two groups
