// To be built.
import { html } from "../lib/preact.js";

export default function Advanced() {
  return html`<p></p>`;
}
