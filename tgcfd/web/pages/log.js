// The log: live, to be searched, and back to its first line.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../lib/preact.js";
import { t } from "../core/language.js";
import { wordsOf } from "../core/notices.js";
import { keepInAddress, route, to } from "../core/router.js";
import { useStore } from "../core/store.js";
import { Button } from "../ui/button.js";
import { Skeleton } from "../ui/loading.js";
import { Feed } from "./log/feed.js";
import { fromAddress, isEverything, toAddress } from "./log/filter.js";
import { List } from "./log/list.js";
import { Opened } from "./log/opened.js";
import { ReadOut } from "./log/read_out.js";
import { Tools } from "./log/tools.js";

const EVERYTHING = { q: "", level: "", since: "" };

export default function Log() {
  const { query } = useStore(route);
  const [filter, setFilter] = useState(() => fromAddress(query));
  const latest = useRef(filter); // that was asked for, even if it is not drawn yet
  const [feed] = useState(() => new Feed(filter));
  const [paused, setPaused] = useState(false);
  const [reading, setReading] = useState(false);
  const [open, setOpen] = useState(null);
  useEffect(() => () => feed.end(), []);
  useEffect(() => show(fromAddress(query)), [query]); // somebody has changed the address, or pressed a link
  function show(wanted) {
    keepInAddress(toAddress(wanted));
    if (JSON.stringify(wanted) === JSON.stringify(latest.current)) return;
    latest.current = wanted;
    setFilter(wanted);
    if (!paused) feed.follow(true);
    feed.filterBy(wanted);
  }
  function pause(isPaused) {
    setPaused(isPaused);
    if (isPaused) feed.follow(false);
    else jump();
  }
  function jump() {
    setPaused(false);
    feed.follow(true);
    if (!feed.state.value.attached) feed.reload();
  }
  return html`<div class="log">
    <${Tools} filter=${filter} onFilter=${(part) => show({ ...latest.current, ...part })} paused=${paused} onPause=${pause} reading=${reading} onRead=${setReading} />
    <div class="frame" role="log" aria-live="off" aria-label=${t("Log")}>
      <${Lines} feed=${feed} filter=${filter} paused=${paused} onOpen=${setOpen} onAll=${() => show(EVERYTHING)} />
      <${End} feed=${feed} paused=${paused} onJump=${jump} />
    </div>
    <${ReadOut} feed=${feed} reading=${reading} />
    ${open && html`<${Opened} line=${open} q=${filter.q} onClose=${() => setOpen(null)} />`}
  </div>`;
}

/** The list, or what stands in its place. */
function Lines({ feed, filter, paused, onOpen, onAll }) {
  useChoice(feed); // the list itself looks at each line that comes
  const { phase, problem, stuck } = feed.state.value;
  if (feed.rows.length) {
    const again = () => (phase === "failed" ? feed.reload() : feed[stuck]());
    return html`<${List} feed=${feed} q=${filter.q} paused=${paused} onOpen=${onOpen} />
      ${(phase === "failed" || stuck) && html`<${Failed} problem=${problem} again=${again} />`}`;
  }
  if (phase === "loading") return html`<${Skeleton} lines=${8} />`;
  if (phase === "failed") return html`<${Failed} problem=${problem} again=${() => feed.reload()} />`;
  if (isEverything(filter)) {
    return html`<div class="nothing">
      <p>${t("Nothing was logged yet. Press Run, and what tgcf does appears here as it happens.")}</p>
      <p><a href=${to("")}>${t("Go to the overview")}</a></p>
    </div>`;
  }
  return html`<div class="nothing">
    <p>${t("No line matches. New ones that do appear here.")}</p>
    <button type="button" class="outline small" onClick=${onAll}>${t("Show all lines")}</button>
  </div>`;
}

/** Draw again when what stands there is another thing. */
function useChoice(feed) {
  const choice = () => JSON.stringify([feed.state.value.phase, feed.state.value.stuck, feed.rows.length > 0]);
  const [, setChoice] = useState(choice);
  useLayoutEffect(() => {
    const look = () => setChoice(choice());
    look();
    return feed.state.subscribe(look);
  }, [feed]);
}

function Failed({ problem, again }) {
  return html`<div class="bar bad stuck" role="alert">
    <span dir="auto">${wordsOf(problem)}</span>
    <${Button} kind="quiet" action=${async () => again()}>${t("Try again")}<//>
  </div>`;
}

/** What stands below the lines: how the log comes in, and the way to its end. */
function End({ feed, paused, onJump }) {
  const { phase, live, following, attached, fresh } = useStore(feed.state);
  const [kind, words] = stateOf(phase, live, paused);
  const isAway = phase === "ready" && feed.rows.length > 0 && (!following || !attached);
  return html`<div class="end">
    <span class="chip ${kind}" role="status">${words}</span>
    ${isAway &&
    html`<button type="button" class="small" onClick=${onJump}>
      ${fresh ? t.n(fresh, "1 new line: jump to the end", "{count} new lines: jump to the end") : t("Jump to the end")}
    </button>`}
  </div>`;
}

function stateOf(phase, live, paused) {
  if (phase === "loading") return ["off", t("Loading…")];
  if (phase === "failed") return ["bad", t("Not loaded")];
  if (live === "away") return ["warn", t("Interrupted: it is tried again by itself")];
  if (paused) return ["off", t("Paused")];
  return live === "live" ? ["good", t("Live")] : ["off", t("Connecting…")];
}
