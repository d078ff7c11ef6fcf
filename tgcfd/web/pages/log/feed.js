// What the Log page holds of the log: a window that follows its end, and moves back through what is kept.
import { Stopped, call } from "../../core/api.js";
import { Store } from "../../core/store.js";
import { isEverything, taker, toQuery } from "./filter.js";
import { Rows, gapAt, lineOf } from "./rows.js";
import { openLog } from "./stream.js";

const FIRST = 500; // lines that are asked for at first ...
const PAGE = 1000; // ... and each time that somebody scrolls beyond

const NEW = {
  phase: "loading", // then "ready", or "failed" with `problem`
  problem: null,
  begins: false, // the first row is the first line that there is
  attached: false, // the last row is the newest line that there is
  moving: "", // "older" or "newer" lines are on their way
  stuck: "", // these did not come, with `problem`
  live: "connecting", // then "live" or "away"
  following: true, // somebody looks at the end as it comes
  fresh: 0, // lines that came while nobody did
  turn: 0, // another number when the rows are others
};

export class Feed {
  state = new Store(NEW);
  rows = new Rows();
  /** The row in the middle of what somebody looks at. */
  eye = 0;

  #filter;
  #query = {}; // the filter as the server is asked
  #takes = () => true; // and as lines are looked at that come by themselves
  #asked = new AbortController();
  #endStream = () => {};

  constructor(filter) {
    this.filterBy(filter);
  }

  /** Show other lines. */
  filterBy(filter) {
    this.#filter = filter;
    this.reload();
  }

  /** Begin anew at the end of the log; what is shown stays until there is something else. */
  async reload() {
    this.end();
    const asked = new AbortController();
    this.#asked = asked;
    this.#query = toQuery(this.#filter);
    this.#takes = taker(this.#query);
    this.state.change({ phase: "loading", problem: null, moving: "", stuck: "", live: "connecting" });
    try {
      const { page, end } = await this.#newest(asked.signal);
      this.rows = new Rows();
      this.rows.append(page.items.map(lineOf));
      // Of a log that was empty nobody knows what the stream begins with: older() asks.
      this.state.change({ phase: "ready", begins: !page.more && end !== null, attached: true, fresh: 0 });
      this.#changed();
      this.#follow(end);
    } catch (problem) {
      if (!(problem instanceof Stopped)) this.state.change({ phase: "failed", problem });
    }
  }

  /** Let go of the server. */
  end() {
    this.#asked.abort(new Stopped());
    this.#endStream();
  }

  follow(following) {
    if (following !== this.state.value.following) this.state.change({ following, fresh: 0 });
  }

  /** Get the lines before the first row. */
  older() {
    const { phase, begins } = this.state.value;
    if (phase !== "ready" || begins) return undefined;
    const before = this.rows.firstCursor;
    return this.#move("older", { before }, (page) => {
      if (this.rows.firstCursor !== before) return; // it was dropped meanwhile: these would not join on
      this.rows.prepend(page.items.map(lineOf));
      this.state.change({ begins: !page.more });
    });
  }

  /** Get the lines behind the last row, where these were let go because there were too many. */
  newer() {
    const { phase, attached } = this.state.value;
    if (phase !== "ready" || attached) return undefined;
    const after = this.rows.lastCursor;
    return this.#move("newer", { after }, (page) => {
      if (this.rows.lastCursor !== after) return;
      this.rows.append([...(page.gap ? [gapAt(after)] : []), ...page.items.map(lineOf)]);
      if (page.more) return;
      this.state.change({ attached: true });
      this.#follow(page.next);
    });
  }

  async #move(where, query, take) {
    if (this.state.value.moving) return;
    const { signal } = this.#asked;
    this.state.change({ moving: where, stuck: "" });
    try {
      take(await this.#page({ ...this.#query, ...query, limit: PAGE }, signal));
      this.state.change({ moving: "" });
      this.#changed();
    } catch (problem) {
      if (!(problem instanceof Stopped)) this.state.change({ moving: "", stuck: where, problem });
    }
  }

  /** The newest page, and where the log ends: what matches may be far from there. */
  async #newest(signal) {
    const newest = await this.#page({ limit: isEverything(this.#filter) ? FIRST : 1 }, signal);
    const end = newest.next;
    if (isEverything(this.#filter) || end === null) return { page: newest, end };
    const page = await this.#page({ ...this.#query, before: end, limit: FIRST }, signal);
    const items = [...page.items, ...newest.items.filter(this.#takes)];
    return { page: { ...page, items }, end };
  }

  async #page(query, signal) {
    return (await call("GET", "/api/logs", { query, signal })).data;
  }

  #follow(end) {
    this.#endStream();
    this.#endStream = openLog({
      after: end ?? undefined,
      tail: PAGE, // of a log that was empty a moment ago
      onFrames: (frames) => this.#take(frames),
      onState: (live) => this.state.change({ live }),
      onUnknown: () => this.reload(),
    });
  }

  #take(frames) {
    const lines = [];
    for (const frame of frames) {
      if (frame.type === "gap") lines.push(gapAt(frame.cursor));
      else if (this.#takes(frame)) lines.push(lineOf(frame));
    }
    if (!lines.length) return;
    const { attached, following, fresh } = this.state.value;
    if (attached) this.rows.append(lines);
    if (!following) this.state.change({ fresh: fresh + lines.length });
    if (attached) this.#changed();
  }

  #changed() {
    const { attached, begins, following, turn } = this.state.value;
    const went = this.rows.trim(following ? this.rows.end : this.eye);
    this.state.change({ turn: turn + 1, attached: attached && went !== "newest", begins: begins && went !== "oldest" });
  }
}
