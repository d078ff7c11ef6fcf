// One's own account: who one is, how one logs in, from where, and the way out.
import { html, useState } from "../lib/preact.js";
import { Activity } from "./profile/activity.js";
import { Devices } from "./profile/devices.js";
import { Language } from "./profile/language.js";
import { Leave } from "./profile/leave.js";
import { Person } from "./profile/person.js";
import { SecondFactor } from "./profile/second_factor.js";
import { Tokens } from "./profile/tokens.js";

export default function Profile() {
  const [turn, setTurn] = useState(0); // a new password ends log-ins and tokens: what is listed is asked for anew
  return html`<${Person} onNewPassword=${() => setTurn(turn + 1)} />
    <${SecondFactor} />
    <${Devices} key="devices${turn}" />
    <${Tokens} key="tokens${turn}" />
    <${Language} />
    <${Activity} />
    <${Leave} />`;
}
