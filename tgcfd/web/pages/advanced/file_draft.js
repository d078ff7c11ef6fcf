// The file as it is being edited: it outlives the page that shows it.
import { guard } from "../../core/router.js";
import { onSomebodyElse } from "../../core/session.js";
import { Store } from "../../core/store.js";

/** `{text, stored, etag, version, errors}`; `version` is the one that the editing began with. */
export const file = new Store(null);

export const forgetFile = () => file.set(null);

export const isFileChanged = () => file.value !== null && file.value.text !== file.value.stored;

guard(isFileChanged);
onSomebodyElse(forgetFile);
