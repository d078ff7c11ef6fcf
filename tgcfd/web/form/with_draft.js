// A page that shows the configuration: it draws `children()` once the configuration is here.
import { html } from "../lib/preact.js";
import { useStore } from "../core/store.js";
import { Loaded, useLoaded } from "../ui/loading.js";
import { draft, load } from "./draft.js";

export function WithDraft({ children }) {
  const now = useStore(draft);
  const loaded = useLoaded(() => load().then(() => true), []);
  if (now.base) return children();
  return html`<${Loaded} from=${loaded} lines=${8}>${() => null}<//>`;
}
