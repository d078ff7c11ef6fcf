// German: what stands in the code as English, by theme.
import account from "./de/account.js";
import answers from "./de/answers.js";
import admin from "./de/admin.js";
import chats from "./de/chats.js";
import config from "./de/config.js";
import door from "./de/door.js";
import log from "./de/log.js";
import page from "./de/page.js";
import reasons from "./de/reasons.js";
import server from "./de/server.js";
import settings from "./de/settings.js";

export default {
  ...account,
  ...admin,
  ...chats,
  ...config,
  ...door,
  ...log,
  ...page,
  ...reasons,
  ...server,
  ...settings,
  ...answers, // last: what fits one of the others is meant there
};
