// To be built.
import { html } from "../lib/preact.js";

export default function Profile() {
  return html`<p></p>`;
}
