// The end of somebody's account, by an admin: typed, so that nobody presses it by mistake.
import { html } from "../../lib/preact.js";
import { Problem, post } from "../../core/api.js";
import { t } from "../../core/language.js";
import { Dialog } from "../../ui/dialog.js";
import { Field } from "../../ui/field.js";
import { Form } from "../../ui/form.js";

export function Delete({ person, onClose, onDeleted }) {
  const { slug } = person;
  const name = person.name || person.email;
  async function send({ typed }) {
    if (typed.trim() !== slug) {
      const detail = t("This is not the short name. Type {slug} to delete the account.", { slug });
      throw new Problem({ code: "not_confirmed", errors: [{ pointer: "/typed", detail }] });
    }
    await post(`/api/admin/users/${slug}/delete`);
    onDeleted();
  }
  return html`<${Dialog} title=${t("Delete {name} with all data?", { name })} onClose=${onClose}>
    <p>
      <strong>${t("This cannot be undone.")}</strong>${" "}
      ${t("tgcf is stopped; configuration, log-ins and history are removed for good. To keep somebody out for a while, disable the account.")}
    </p>
    <${Form} onSend=${send} submit=${t("Delete everything")} kind="danger">
      <${Field} name="typed" label=${t("To be sure, type the short name of the account: {slug}", { slug })} autocomplete="off" autocapitalize="off" spellcheck=${false} />
    <//>
  <//>`;
}
