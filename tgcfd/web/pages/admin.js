// To be built.
import { html } from "../lib/preact.js";

export default function Admin() {
  return html`<p></p>`;
}
