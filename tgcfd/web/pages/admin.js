// For admins: who has an account, invites, limits, whose tgcf runs, and who did what.
import { html } from "../lib/preact.js";
import { t } from "../core/language.js";
import { Tabs } from "../ui/tabs.js";
import { Invites } from "./admin/invites.js";
import { Limits } from "./admin/limits.js";
import { Everything } from "./admin/log.js";
import { People } from "./admin/people.js";
import { Workers } from "./admin/workers.js";

export default function Admin() {
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
