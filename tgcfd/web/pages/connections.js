// To be built.
import { html } from "../lib/preact.js";

export default function Connections() {
  return html`<p></p>`;
}
