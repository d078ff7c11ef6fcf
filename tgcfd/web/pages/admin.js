// For admins: who has an account, invites, whose tgcf runs, limits, and who did what.
import { html } from "../lib/preact.js";
import { t } from "../core/language.js";
import { user } from "../core/session.js";
import { useStore } from "../core/store.js";
import { Tabs } from "../ui/tabs.js";
import { Invites } from "./admin/invites.js";
import { Limits } from "./admin/limits.js";
import { Everything } from "./admin/log.js";
import { People } from "./admin/people.js";
import { Workers } from "./admin/workers.js";

export default function Admin() {
  if (useStore(user)?.role !== "admin") {
    return html`<p>${t("This page is for admins. Ask one of them, or the host's owner, for what you need here.")}</p>`;
  }
  return html`<${Tabs}
    parts=${{
      people: [t("People"), People],
      invites: [t("Invites"), Invites],
      runs: [t("What runs"), Workers],
      limits: [t("Limits"), Limits],
      log: [t("Audit log"), Everything],
    }}
  />`;
}
