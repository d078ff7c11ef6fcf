// Name, e-mail address and password.
import { html, useState } from "../../lib/preact.js";
import { put } from "../../core/api.js";
import { t } from "../../core/language.js";
import { notify } from "../../core/notices.js";
import { take, user } from "../../core/session.js";
import { useStore } from "../../core/store.js";
import { Field } from "../../ui/field.js";
import { Form } from "../../ui/form.js";

export function Person() {
  const person = useStore(user);
  const [turn, setTurn] = useState(0); // a form that was sent begins anew, without the passwords
  async function store(fields) {
    take(await put("/api/users/me", fields));
    setTurn(turn + 1);
    notify(t("Saved."));
  }
  if (!person) return null;
  return html`<section class="card">
      <h2>${t("Name")}</h2>
      <${Form} onSend=${({ name }) => store({ name })} submit=${t("Save the name")}>
        <${Field} name="name" label=${t("Name")} value=${person.name} autocomplete="name" maxlength="100" />
      <//>
    </section>
    <section class="card">
      <h2>${t("E-mail address")}</h2>
      <p class="help">${t("You log in with it. Nothing is ever sent to it.")}</p>
      <${Form} key="email${turn}" onSend=${store} submit=${t("Save the e-mail address")}>
        <${Field} name="email" type="email" label=${t("E-mail address")} value=${person.email} autocomplete="username" />
        <${Field} name="current_password" type="password" label=${t("Your password")} autocomplete="current-password" />
      <//>
    </section>
    <section class="card">
      <h2>${t("Password")}</h2>
      <p class="help">${t("A new password ends all other log-ins and all API tokens.")}</p>
      <${Form} key="password${turn}" onSend=${store} submit=${t("Save the password")}>
        <input class="hidden" tabindex="-1" aria-hidden="true" readonly autocomplete="username" value=${person.email} />
        <${Field} name="current_password" type="password" label=${t("Your password until now")} autocomplete="current-password" />
        <${Field} name="new_password" type="password" label=${t("New password")} help=${t("At least 8 characters.")} autocomplete="new-password" />
      <//>
    </section>`;
}
