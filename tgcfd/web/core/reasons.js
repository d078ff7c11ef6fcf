// Why somebody's tgcf does not run, or what hinders it now: for each code of the server what it means and what to do.
import { t } from "./language.js";

/**
 * The words for a code: `title`, `todo`, and the remedy: `page` leads to another page, `run` to pressing Run again,
 * `owner` is for the host's owner to see to, and `wait` passes by itself.
 */
export function explain(code) {
  const all = { ...OF_TELEGRAM(), ...OF_CONFIG(), ...PASSING(), ...OF_HOST(), ...ENDED() };
  if (Object.hasOwn(all, code)) return all[code]; // a worker may say any code, "constructor" as well
  return {
    title: t("Something hinders tgcf"),
    todo: t("Read the last lines of the log. If they do not help, show them to the host's owner."),
    page: "log",
  };
}

const OF_TELEGRAM = () => ({
  token_missing: {
    title: t("No bot is linked"),
    todo: t("Get a token from @BotFather in Telegram, enter it on the page Telegram, then press Run."),
    page: "telegram",
  },
  token_wrong: {
    title: t("Telegram does not accept the bot token"),
    todo: t("Copy the current token from @BotFather, enter it on the page Telegram, then press Run."),
    page: "telegram",
  },
  session_missing: {
    title: t("No Telegram account is linked"),
    todo: t("Enter a session string, or link a bot instead, on the page Telegram; then press Run."),
    page: "telegram",
  },
  session_malformed: {
    title: t("The session string is not a whole one"),
    todo: t("Perhaps a part got lost while it was copied. Enter it again on the page Telegram, then press Run."),
    page: "telegram",
  },
  session_revoked: {
    title: t("Telegram has signed this account out"),
    todo: t("The session was ended, for example in Telegram's list of devices. Make a new session string and enter it on the page Telegram, then press Run."),
    page: "telegram",
  },
  session_duplicated: {
    title: t("The session was used in two places at once"),
    todo: t("Telegram ends a session then. Make a new session string, use it here only, enter it on the page Telegram, then press Run."),
    page: "telegram",
  },
  account_deactivated: {
    title: t("Telegram has closed this account"),
    todo: t("Link another account on the page Telegram, or ask Telegram's support about this one."),
    page: "telegram",
  },
  api_missing: {
    title: t("The API id or the API hash is missing"),
    todo: t("Both are shown at my.telegram.org. Enter them on the page Telegram, then press Run."),
    page: "telegram",
  },
  api_wrong: {
    title: t("Telegram does not accept the API id and API hash"),
    todo: t("Copy both again from my.telegram.org, enter them on the page Telegram, then press Run."),
    page: "telegram",
  },
  past_needs_user: {
    title: t("A bot cannot copy existing messages"),
    todo: t("Telegram shows bots no history. Link a user account on the page Telegram, or run live mode."),
    page: "telegram",
  },
});

const OF_CONFIG = () => ({
  nothing_to_do: {
    title: t("No connection can be used"),
    todo: t("Look at the connections: each needs a source and a destination that the account can see. Correct them, then press Run."),
    page: "connections",
  },
  not_ready_to_run: {
    title: t("Something is missing before tgcf can run"),
    todo: t("Enter what is named here, save, then press Run."),
    page: "connections",
  },
  plugin_unavailable: {
    title: t("A plugin cannot work on this host"),
    todo: t("Switch the plugin off, or ask the host's owner to install what it needs. Then press Run."),
    page: "plugins",
  },
  config_missing: {
    title: t("tgcf has found no configuration"),
    todo: t("Save the configuration once more, then press Run."),
    page: "connections",
  },
  config_invalid: {
    title: t("The configuration is not right"),
    todo: t("Correct what is named here, save, then press Run."),
    page: "advanced",
  },
  config_unreadable: {
    title: t("The stored configuration cannot be read"),
    todo: t("Correct the file on the page Advanced, or go back to an earlier version there. Then press Run."),
    page: "advanced",
  },
  config_refused: {
    title: t("tgcf does not take this configuration"),
    todo: t("The last lines of the log say why. Correct it, then press Run."),
    page: "log",
  },
});

const PASSING = () => ({
  connecting: {
    title: t("Telegram cannot be reached yet"),
    todo: t("It is tried again by itself. If it stays so, the host's network or Telegram has a problem: tell the host's owner."),
    wait: true,
  },
  reconnecting: {
    title: t("The connection to Telegram is lost for the moment"),
    todo: t("It is tried again by itself, and nothing new is missed meanwhile."),
    wait: true,
  },
  flood_wait: {
    title: t("Telegram asks for a pause"),
    todo: t("tgcf waits as long as Telegram wants and goes on by itself. Restarting does not help. A longer pause in past mode (page Advanced) avoids it."),
    wait: true,
  },
  telegram_unreachable: {
    title: t("Telegram cannot be reached"),
    todo: t("tgcf is started again by itself. If it stays so, the host's network or Telegram has a problem: tell the host's owner."),
    wait: true,
  },
  connection_lost: {
    title: t("The connection to Telegram did not come back"),
    todo: t("tgcf is started again by itself. If it stays so, tell the host's owner."),
    wait: true,
  },
  bot_signed_out: {
    title: t("Telegram signed the bot out"),
    todo: t("tgcf is started again to sign in anew. If it does not get in, enter the bot's current token on the page Telegram."),
    wait: true,
  },
  config_changed: {
    title: t("The Telegram account or the plugins were changed"),
    todo: t("tgcf is started again by itself to use them."),
    wait: true,
  },
  busy: {
    title: t("The host has too much to do at the moment"),
    todo: t("Try again in a minute. If it stays so, tell the host's owner."),
    run: true,
  },
  temporary: {
    title: t("tgcf met a problem that may pass"),
    todo: t("It is tried again by itself. The last lines of the log say what it was."),
    page: "log",
  },
  runs_already: {
    title: t("tgcf runs already"),
    todo: t("If it runs in the other mode, press Stop first, then Run."),
    wait: true,
  },
  internal_error: {
    title: t("tgcf met an error that nobody expected"),
    todo: t("It is tried again by itself. If it happens again, show the last lines of the log to the host's owner."),
    page: "log",
  },
  crashed: {
    title: t("tgcf crashed"),
    todo: t("It is started again by itself. If it happens again, show the last lines of the log to the host's owner."),
    page: "log",
  },
});

const OF_HOST = () => ({
  dc_key_unreadable: {
    title: t("The host's settings for Telegram are not right"),
    todo: t("Only the host's owner can correct that. Send them this message."),
    owner: true,
  },
  runtime_missing: {
    title: t("tgcf is not installed on this host"),
    todo: t("Only the host's owner can correct that. Send them this message."),
    owner: true,
  },
  cannot_save: {
    title: t("tgcf cannot store how far it is"),
    todo: t("It is tried again by itself. If it stays so, the host's disk may be full: send this message to the host's owner."),
    owner: true,
  },
  directory_unusable: {
    title: t("tgcf cannot use its folder"),
    todo: t("Only the host's owner can correct that. Send them this message."),
    owner: true,
  },
  storage_full: {
    title: t("The host's disk is full"),
    todo: t("Only the host's owner can make room. Send them this message."),
    owner: true,
  },
  worker_failed_to_start: {
    title: t("The host could not start tgcf"),
    todo: t("Press Run once more. If it fails again, send this message to the host's owner."),
    run: true,
    owner: true,
  },
  not_allowed_by_owner: {
    title: t("The host's owner does not let your tgcf run"),
    todo: t("Ask them why."),
    owner: true,
  },
  host_not_answering: {
    title: t("The host does not answer"),
    todo: t("Try again in a minute. If it stays so, send this message to the host's owner."),
    run: true,
    owner: true,
  },
  not_responding: {
    title: t("tgcf hung and was ended"),
    todo: t("It is started again by itself. If it happens again, show the last lines of the log to the host's owner."),
    page: "log",
  },
  out_of_memory: {
    title: t("tgcf needed more memory than it may use"),
    todo: t("It is started again by itself. If it happens again, switch off plugins that you do not need, or ask the host's owner for more memory."),
    page: "plugins",
  },
  killed: {
    title: t("The host ended tgcf by force"),
    todo: t("Most likely the memory ran out. It is started again by itself. If it happens again, switch off plugins that you do not need, or ask the host's owner for more memory."),
    page: "plugins",
  },
  start_timeout: {
    title: t("tgcf was not ready in time"),
    todo: t("It is started again by itself. The last lines of the log may say what it waited for; with many connections, pause some."),
    page: "log",
  },
  status_flood: {
    title: t("tgcf was ended because it flooded the host"),
    todo: t("Press Run to start it again. If it happens again, send this message to the host's owner."),
    run: true,
    owner: true,
  },
  stop_timeout: {
    title: t("tgcf had to be ended by force"),
    todo: t("It did not end by itself in time. Nothing has to be done; press Run when you want it again."),
    run: true,
  },
});

const ENDED = () => ({
  stopped: {
    title: t("tgcf is stopped"),
    todo: t("Press Run to start it again."),
    run: true,
  },
  finished: {
    title: t("All existing messages are copied"),
    todo: t("Press Run to look for more, or forward new messages as they come."),
    run: true,
  },
  stopped_by_owner: {
    title: t("The host's owner stopped tgcf"),
    todo: t("Press Run to start it again; if it is stopped once more, ask them why."),
    run: true,
  },
  ended_unasked: {
    title: t("tgcf ended although nobody asked it to"),
    todo: t("Press Run to start it again. If it happens again, show the last lines of the log to the host's owner."),
    run: true,
  },
  parent_gone: {
    title: t("tgcfd itself was ended"),
    todo: t("tgcf is started again with it by itself. If it is not, press Run."),
    run: true,
  },
});
