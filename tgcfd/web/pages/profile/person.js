// Name, e-mail address and password.
import { html } from "../../lib/preact.js";
import { put } from "../../core/api.js";
import { t } from "../../core/language.js";
import { notify } from "../../core/notices.js";
import { renew, take, user } from "../../core/session.js";
import { useStore } from "../../core/store.js";
import { Field } from "../../ui/field.js";
import { Form } from "../../ui/form.js";

const AT = "/api/users/me";

export function Person({ onNewPassword }) {
  const person = useStore(user);
  async function store(fields, words) {
    take(await put(AT, fields));
    notify(words);
  }
  async function setPassword(fields) {
    await renew(put(AT, fields));
    notify(t("The new password is set. All other log-ins have ended; you stay logged in here."));
    onNewPassword();
  }
  if (!person) return null;
  return html`<section class="card">
      <h2>${t("Name")}</h2>
      <${Form} onSend=${({ name }) => store({ name }, t("The name is saved."))} submit=${t("Save the name")}>
        <${Field} name="name" label=${t("Name")} help=${t("What admins here see of you.")} value=${person.name} autocomplete="name" />
      <//>
    </section>
    <section class="card">
      <h2>${t("E-mail address")}</h2>
      <${Form} onSend=${(fields) => store(fields, t("The e-mail address is saved. Log in with it from now on."))} submit=${t("Save the e-mail address")}>
        <${Field} name="email" type="email" label=${t("E-mail address")} help=${t("You log in with it. Nothing is ever sent to it.")}
          value=${person.email} autocomplete="username" />
        <${Field} name="current_password" type="password" label=${t("Your password")} autocomplete="current-password" />
      <//>
    </section>
    <section class="card">
      <h2>${t("Password")}</h2>
      <p class="help">${t("A new password ends all other log-ins and all API tokens. You stay logged in here, and tgcf runs on.")}</p>
      <${Form} onSend=${setPassword} submit=${t("Save the password")}>
        <input class="hidden" tabindex="-1" aria-hidden="true" readonly autocomplete="username" value=${person.email} />
        <${Field} name="current_password" type="password" label=${t("Your password until now")} autocomplete="current-password" />
        <${Field} name="new_password" type="password" label=${t("New password")} help=${t("At least 8 characters.")} autocomplete="new-password" />
      <//>
    </section>`;
}
