// Somebody's account, and what an admin can change about it.
import { html, useState } from "../../lib/preact.js";
import { get, patch, post } from "../../core/api.js";
import { number, t } from "../../core/language.js";
import { notify } from "../../core/notices.js";
import { explain } from "../../core/reasons.js";
import { to } from "../../core/router.js";
import { find, user } from "../../core/session.js";
import { Button } from "../../ui/button.js";
import { Dialog, confirm } from "../../ui/dialog.js";
import { Choice, Field } from "../../ui/field.js";
import { Form } from "../../ui/form.js";
import { Loaded, useLoaded } from "../../ui/loading.js";
import { StateChip } from "../../ui/state.js";
import { Time } from "../../ui/time.js";
import { Delete } from "./delete.js";

const RUNS = ["starting", "running", "restarting", "stopping"];

/** `onChanged` is given the person as they are now, null when they are deleted. */
export function Person({ slug, onClose, onChanged }) {
  const [isDeleting, setIsDeleting] = useState(false);
  const loaded = useLoaded(() => Promise.all([get(at(slug)), get("/api/admin/profiles")]), [slug]);
  const [now, setNow] = useState(null);
  const person = now ?? loaded.value?.[0];
  const isMe = slug === user.value?.slug;
  function take(changed, words) {
    setNow(changed);
    notify(words);
    onChanged(changed);
  }
  const change = async (fields, words) => take(await patch(at(slug), fields), words);
  async function act(what, words) {
    await post(`${at(slug)}/${what}`);
    take(await get(at(slug)), words);
  }
  function deleted() {
    notify(t("The account is deleted."));
    onChanged(null);
    onClose();
  }
  if (isDeleting) return html`<${Delete} person=${person} onClose=${() => setIsDeleting(false)} onDeleted=${deleted} />`;
  const close = html`<button type="button" class="secondary" onClick=${onClose}>${t("Close")}</button>`;
  return html`<${Dialog} wide title=${person?.name || person?.email || slug} onClose=${onClose} actions=${close}>
    <${Loaded} from=${loaded} lines=${8}>
      ${([, { items: profiles }]) => html`<${Facts} person=${person} />
        <h3>${t("Their tgcf")}</h3>
        <${Worker} person=${person} profiles=${profiles} change=${change} act=${act} />
        <h3>${t("Their account")}</h3>
        <${Role} person=${person} isMe=${isMe} change=${change} />
        ${isMe
          ? html`<p class="help">${t("This is your own account. The rest is on the page Profile.")} <a href=${to("profile")}>${t("Profile")}</a></p>`
          : html`<${Entrance} person=${person} change=${change} act=${act} onDelete=${() => setIsDeleting(true)} />`}
      `}
    <//>
  <//>`;
}

const at = (slug) => `/api/admin/users/${slug}`;

function Facts({ person }) {
  const { slug, email, created, last_seen: seen, second_factor: factor } = person;
  return html`<dl class="facts">
    <div><dt>${t("E-mail address")}</dt><dd dir="auto">${email}</dd></div>
    <div><dt>${t("Short name")}</dt><dd dir="auto">${slug}</dd></div>
    <div><dt>${t("Account made")}</dt><dd><${Time} time=${created} /></dd></div>
    <div><dt>${t("Last here")}</dt><dd>${seen ? html`<${Time} time=${seen} />` : t("logged in nowhere")}</dd></div>
    <div><dt>${t("Second factor")}</dt><dd>${factor ? t("On") : t("Off")}</dd></div>
    <div><dt>${t("Activity")}</dt><dd><a href=${to("admin", { part: "log", who: slug })}>${t("In the audit log")}</a></dd></div>
  </dl>`;
}

function Worker({ person, profiles, change, act }) {
  const { worker, profile } = person;
  const stop = () => act("stop", t("It is stopped. The person can run it again."));
  const options = profiles.map((one) => [one.profile, t("{profile} ({memory} MB)", { profile: one.profile, memory: number(one.memory_mib) })]);
  if (!profiles.some((one) => one.profile === profile)) options.unshift([profile, t("{profile} (is there no more: standard counts)", { profile })]);
  const give = ({ profile: chosen }) => change({ profile: chosen }, t("The limits count from the next start of tgcf on."));
  return html`<div class="state">
      <${StateChip} status=${worker} />
      <span>${worker.reason && explain(worker.reason).title}</span>
      ${RUNS.includes(worker.state) && html`<${Button} kind="outline small" action=${stop}>${t("Stop their tgcf")}<//>`}
    </div>
    ${options.length === 1
      ? html`<p>${t("Limits: {limits}", { limits: options[0][1] })}</p>`
      : html`<${Form} onSend=${give} submit=${t("Save the limits")} kind="outline small">
          <${Choice} name="profile" label=${t("Limits of their tgcf")} value=${profile} options=${options} />
        <//>`}`;
}

/** To make an admin takes one's own password. */
function Role({ person, isMe, change }) {
  const name = person.name || person.email;
  async function takeAway() {
    const question = {
      title: isMe ? t("Be no admin any more?") : t("Take the role away from {name}?", { name }),
      text: isMe
        ? t("Only another admin, or the host's owner, can make you one again.")
        : t("They can use this page no more. Invites that they made are no longer good."),
      yes: t("Take the role away"),
      kind: "danger",
    };
    if (!(await confirm(question))) return;
    await change({ role: "person" }, t("{name} is no admin any more.", { name }));
    if (isMe) await find();
  }
  if (person.role === "admin") {
    return html`<p>
      ${t("An admin: may do all that is on this page.")}${" "}
      <${Button} kind="outline small" action=${takeAway}>${t("Take the role away")}<//>
    </p>`;
  }
  const make = ({ current_password: password }) =>
    change({ role: "admin", current_password: password }, t("{name} is an admin now.", { name }));
  return html`<details>
    <summary>${t("Make an admin")}</summary>
    <p class="help">${t("Admins may do all that is on this page, to you as well.")}</p>
    <${Form} onSend=${make} submit=${t("Make an admin")}>
      <${Field} name="current_password" type="password" label=${t("Your own password")} autocomplete="current-password" />
    <//>
  </details>`;
}

/** Who may enter. */
function Entrance({ person, change, act, onDelete }) {
  const { slug, disabled, second_factor: factor } = person;
  const name = person.name || person.email;
  const ask = (question, go) => async () => (await confirm({ kind: "danger", ...question })) && (await go());
  const disable = ask(
    {
      title: t("Disable the account of {name}?", { name }),
      text: t("All their log-ins and API tokens end, and tgcf is stopped. Nothing is deleted; you can enable the account again."),
      yes: t("Disable the account"),
    },
    () => change({ disabled: true }, t("The account is disabled.")),
  );
  const enable = () => change({ disabled: false }, t("The account is enabled. tgcf stays stopped until they press Run."));
  const logOut = ask(
    {
      title: t("End all log-ins of {name}?", { name }),
      text: t("They have to log in again, and their API tokens are worth nothing. tgcf runs on."),
      yes: t("End all log-ins"),
    },
    () => act("log-out", t("All their log-ins have ended.")),
  );
  const factorOff = ask(
    {
      title: t("Switch their second factor off?"),
      text: t("Do this only if you are sure that it is {name} who asks for it.", { name }),
      yes: t("Switch it off"),
    },
    () => act("second-factor-off", t("Their second factor is off.")),
  );
  return html`<div class="buttons">
      ${disabled
        ? html`<${Button} key="enable" kind="outline small" action=${enable}>${t("Enable the account")}<//>`
        : html`<${Button} key="disable" kind="outline small" action=${disable}>${t("Disable the account")}<//>`}
      <${Button} kind="outline small" action=${logOut}>${t("End all log-ins")}<//>
      ${factor && html`<${Button} kind="outline small" action=${factorOff}>${t("Second factor off")}<//>`}
      <button type="button" class="danger small" onClick=${onDelete}>${t("Delete the account")}</button>
    </div>
    <p class="help">
      ${t("A forgotten password: the host's owner sets a new one at a terminal, with this command:")}${" "}
      <code>tgcfd user passwd ${slug}</code>
    </p>`;
}
