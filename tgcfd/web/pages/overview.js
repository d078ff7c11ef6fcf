// The first page: does it run, what has it done, and if not, why not and what to do.
import { html } from "../lib/preact.js";
import { useStore } from "../core/store.js";
import { status } from "../core/status.js";
import { Skeleton } from "../ui/loading.js";
import { FirstSteps } from "./overview/first_steps.js";
import { LastLines } from "./overview/last_lines.js";
import { Now } from "./overview/now.js";
import { Problems } from "./overview/problems.js";
import { Why } from "./overview/why.js";
import { Usage } from "./overview/usage.js";

export default function Overview() {
  const now = useStore(status);
  if (!now) return html`<${Skeleton} lines=${8} />`;
  const isNew = !now.isRunning && !now.reason && now.state === "stopped" && !now.mode;
  return html`<${Now} now=${now} />
    <${Why} now=${now} />
    <${Problems} now=${now} />
    <${FirstSteps} now=${now} />
    ${!isNew && html`<${Usage} now=${now} /><${LastLines} />`}`;
}
