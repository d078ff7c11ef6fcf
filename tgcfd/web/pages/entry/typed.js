// The e-mail address as it was typed at the door, kept on the way between its forms.
import { onSomebodyElse } from "../../core/session.js";
import { Store } from "../../core/store.js";

export const typed = new Store("");
onSomebodyElse(() => typed.set(""));
