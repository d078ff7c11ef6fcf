// What the entries of an audit log say: what was done, with what differs from one to the next, and by whom.
import { t } from "./language.js";

/** Each event of the contract in words. */
export const titles = () => ({
  registered: t("Account made"),
  logged_in: t("Logged in"),
  log_in_refused: t("Log-in refused"),
  logged_out: t("Logged out"),
  logged_out_everywhere: t("All log-ins ended"),
  session_ended: t("A log-in ended"),
  refresh_reused: t("A log-in's token used twice; it has ended"),
  api_token_made: t("API token made"),
  api_token_revoked: t("API token revoked"),
  name_changed: t("Name changed"),
  email_changed: t("E-mail address changed"),
  password_changed: t("Password changed"),
  second_factor_on: t("Second factor switched on"),
  second_factor_off: t("Second factor switched off"),
  recovery_code_used: t("Recovery code used"),
  recovery_codes_renewed: t("New recovery codes made"),
  invite_made: t("Invite made"),
  invite_withdrawn: t("Invite withdrawn"),
  account_disabled: t("Account disabled"),
  account_enabled: t("Account enabled"),
  account_deleted: t("Account deleted"),
  role_changed: t("Role changed"),
  profile_changed: t("Limits changed"),
  key_rotated: t("New key for access tokens"),
  data_exported: t("Data downloaded"),
  config_changed: t("Configuration changed"),
  config_imported: t("Configuration imported"),
  config_exported: t("Configuration exported"),
  watermark_changed: t("Watermark's image uploaded"),
  watermark_removed: t("Watermark's image removed"),
  worker_started: t("tgcf started"),
  worker_stopped: t("tgcf stopped"),
});

/** What differs from one such event to the next; "" where nothing does. */
export function particulars({ event, detail }) {
  const { from, to, name, invite, left, wrong } = detail;
  if (event === "role_changed") return t("from {from} to {to}", { from: role(from), to: role(to) });
  if (from !== undefined) return t("from {from} to {to}", { from, to });
  if (event.startsWith("api_token") && name) return t("“{name}”", { name });
  if (event.startsWith("invite") && invite) return t("number {number}", { number: invite });
  if (event === "recovery_code_used" && left !== undefined) return t("{count} left", { count: left });
  if (event === "log_in_refused") return { password: t("wrong password"), code: t("wrong code") }[wrong] ?? "";
  return "";
}

const role = (name) => ({ person: t("Person"), admin: t("Admin") })[name] ?? name;

/** Who did it, how, and to whom, as short facts. */
export function circumstances({ actor, about, way, token, address, event }) {
  const whose = about ?? (event === "log_in_refused" ? t("an unknown e-mail address") : null);
  return [
    actor ? t("by {name}", { name: actor }) : BY()[way],
    whose !== null && whose !== actor && t("account: {name}", { name: whose }),
    token ? t("with the API token “{name}”", { name: token }) : HOW()[way],
    address && t("from {address}", { address }),
  ].filter(Boolean);
}

const BY = () => ({ command: t("by the host's owner"), tgcfd: t("by tgcfd itself") });
const HOW = () => ({ cookie: t("in a browser"), token: t("by a program") });
