// One's own account: who one is, how one logs in, from where, and the way out.
import { html } from "../lib/preact.js";
import { Activity } from "./profile/activity.js";
import { Devices } from "./profile/devices.js";
import { Leave } from "./profile/leave.js";
import { Person } from "./profile/person.js";
import { SecondFactor } from "./profile/second_factor.js";
import { Tokens } from "./profile/tokens.js";

export default function Profile() {
  return html`<${Person} /><${SecondFactor} /><${Devices} /><${Tokens} /><${Activity} /><${Leave} />`;
}
