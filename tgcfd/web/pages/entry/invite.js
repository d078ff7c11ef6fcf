// The code of an invite's link, …/#invite=<code>: kept in memory alone, and out of the address and its history at once.
import { useEffect } from "../../lib/preact.js";
import { t } from "../../core/language.js";
import { notify, notifyOf } from "../../core/notices.js";
import { go, replace, route } from "../../core/router.js";
import { Store, useStore } from "../../core/store.js";
import { leave } from "../../ui/frame.js";

const LINK = /^invite(?:=|%3D)(.+)$/i; // some mail programs write the = so

export const invite = new Store("");

function take({ page }) {
  const code = LINK.exec(page)?.[1];
  if (!code) return;
  invite.set(code);
  replace("sign-up");
}

take(route.value);
route.subscribe(take);

/** The code in what somebody typed or pasted, which may be the whole link. */
export const codeIn = (text) => text.trim().replace(/^.*#invite(?:=|%3D)/i, "");

/** Say what to do with an invite to who has an account. */
export function useInvite(person) {
  const code = useStore(invite);
  useEffect(() => {
    if (!code) return;
    notify(t("You are logged in as {email}. The invite makes another account: to use it, log out.", { email: person.email }), {
      kind: "",
      action: { label: t("Log out"), do: () => leave().then((isOut) => isOut && go("sign-up"), notifyOf) },
    });
  }, [code]);
}
