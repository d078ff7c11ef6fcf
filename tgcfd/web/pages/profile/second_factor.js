// A code from an authenticator app at each log-in, beside the password.
import { html, useEffect, useRef, useState } from "../../lib/preact.js";
import { get, post } from "../../core/api.js";
import { t } from "../../core/language.js";
import { notify } from "../../core/notices.js";
import { Dialog } from "../../ui/dialog.js";
import { Field } from "../../ui/field.js";
import { Form } from "../../ui/form.js";
import { Loaded, useLoaded } from "../../ui/loading.js";
import { Once } from "../../ui/once.js";
import { Time } from "../../ui/time.js";

const AT = "/api/users/me/second-factor";

export function SecondFactor() {
  const state = useLoaded(() => get(AT), []);
  const [step, setStep] = useState(null);
  const [codes, setCodes] = useState(null);
  function done(recovery) {
    setStep(null);
    setCodes(recovery ?? null);
    state.again();
  }
  const close = () => setStep(null);
  return html`<section class="card">
    <h2>${t("Second factor")}</h2>
    <p class="help">${t("With it, nobody can log in with your password alone: each log-in takes a code from an app on your phone as well.")}</p>
    <${Loaded} from=${state} lines=${2}>
      ${({ on, since, recovery_codes_left: left }) =>
        on
          ? html`<p>
                <span class="chip good"><span aria-hidden="true">✓</span> ${t("On")}</span>${" "}
                ${t("since")} <${Time} time=${since} />. ${t.n(left, "One recovery code is left.", "{count} recovery codes are left.")}
              </p>
              <div class="buttons">
                <button type="button" class="outline small" onClick=${() => setStep("renew")}>${t("New recovery codes")}</button>
                <button type="button" class="danger small" onClick=${() => setStep("off")}>${t("Switch it off")}</button>
              </div>`
          : html`<button type="button" class="outline small" onClick=${() => setStep("begin")}>${t("Switch it on")}</button>`}
    <//>
    ${step === "begin" && html`<${Begin} onClose=${close} onDone=${done} />`}
    ${step === "renew" && html`<${WithCode} title=${t("New recovery codes")} submit=${t("Make new codes")} onClose=${close}
      send=${async (fields) => done((await post(`${AT}/recovery-codes`, fields)).recovery_codes)} />`}
    ${step === "off" && html`<${WithCode} title=${t("Switch the second factor off")} submit=${t("Switch it off")} kind="danger" onClose=${close}
      send=${async (fields) => {
        await post(`${AT}/off`, fields);
        notify(t("The second factor is off."));
        done();
      }} />`}
    ${codes && html`<${Once} title=${t("Recovery codes")} name="tgcfd-recovery-codes.txt" value=${codes.join("\n")} onClose=${() => setCodes(null)}
      text=${t("Each lets you in once if you lose your phone. Keep them where you keep your passwords; they are not shown again.")} />`}
  </section>`;
}

function Begin({ onClose, onDone }) {
  const [begun, setBegun] = useState(null);
  async function confirm({ code }) {
    onDone((await post(`${AT}/confirm`, { code: code.replace(/\s/g, "") })).recovery_codes);
    notify(t("The second factor is on."));
  }
  return html`<${Dialog} title=${t("Switch the second factor on")} onClose=${onClose}>
    ${begun
      ? html`<p>${t("Scan this with an authenticator app, or type the secret into it; then enter the code that it shows.")}</p>
          <${QrCode} text=${begun.uri} />
          <p>${t("Secret:")} <code>${begun.secret.match(/.{1,4}/g).join(" ")}</code></p>
          <${Form} onSend=${confirm} submit=${t("Switch it on")}>
            <${Field} name="code" label=${t("Code")} autocomplete="one-time-code" inputmode="numeric" />
          <//>`
      : html`<${Form} onSend=${async (fields) => setBegun(await post(`${AT}/begin`, fields))} submit=${t("Go on")}>
          <${Field} name="current_password" type="password" label=${t("Your password")} autocomplete="current-password" />
        <//>`}
  <//>`;
}

function WithCode({ title, submit, kind, onClose, send }) {
  return html`<${Dialog} title=${title} onClose=${onClose}>
    <${Form} onSend=${send} submit=${submit} kind=${kind}>
      <${Field} name="current_password" type="password" label=${t("Your password")} autocomplete="current-password" />
      <${Field} name="code" label=${t("Code")} help=${t("The six digits that your authenticator app shows, or a recovery code.")} autocomplete="one-time-code" />
    <//>
  <//>`;
}

/** A QR code on a canvas; black on white in the dark as well, or cameras do not read it. */
function QrCode({ text }) {
  const canvas = useRef();
  useEffect(() => {
    import("../../lib/qrcode.js").then(({ default: make }) => {
      const code = make(0, "M");
      code.addData(text);
      code.make();
      draw(canvas.current, code);
    }, () => {}); // the secret is there to be typed
  }, [text]);
  return html`<canvas ref=${canvas} class="qr" width="232" height="232" role="img" aria-label=${t("The secret as a QR code")}></canvas>`;
}

const QUIET = 4; // modules of white around, as the standard asks

function draw(canvas, code) {
  if (!canvas) return;
  const count = code.getModuleCount();
  const size = Math.max(4, Math.floor(232 / (count + 2 * QUIET)));
  canvas.width = canvas.height = size * (count + 2 * QUIET);
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = "#000";
  for (let row = 0; row < count; row += 1) {
    for (let column = 0; column < count; column += 1) {
      if (code.isDark(row, column)) pen.fillRect((column + QUIET) * size, (row + QUIET) * size, size, size);
    }
  }
}
