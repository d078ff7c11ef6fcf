// The log as it is written, by a WebSocket that comes back by itself and resumes behind the last line.
import { socketAddress } from "../../core/api.js";
import { connection, on } from "../../core/events.js";
import { lose } from "../../core/session.js";

const FIRST_WAIT = 500;
const LONGEST_WAIT = 15000;

/**
 * Open the log: `onFrames` is given the frames of a moment in one go, `onState` "live" or "away". Begins with the last
 * `tail` lines, or behind the cursor `after`. Returns what ends it.
 */
export function openLog({ tail, after, onFrames, onState = () => {} }) {
  let socket;
  let last = after;
  let wait = FIRST_WAIT;
  let timer;
  let waiting = [];
  let due = false;
  let over = false;

  function open() {
    clearTimeout(timer);
    if (over || socket) return;
    const url = socketAddress("/ws/logs");
    if (last) url.searchParams.set("after", last);
    else url.searchParams.set("tail", tail);
    const opened = new WebSocket(url);
    socket = opened;
    opened.onmessage = (message) => take(JSON.parse(message.data));
    opened.onclose = (closed) => {
      if (socket !== opened) return;
      socket = undefined;
      if (closed.code === 4401) return lose();
      if (closed.code === 4422) last = undefined; // that line is no longer known: begin with the newest ones
      onState("away");
      timer = setTimeout(open, wait * (0.5 + Math.random() / 2));
      wait = Math.min(wait * 2, LONGEST_WAIT);
    };
  }

  function take(frame) {
    if (frame.type === "hello") {
      wait = FIRST_WAIT;
      onState("live");
      return;
    }
    if (frame.cursor) last = frame.cursor;
    if (frame.type !== "entry" && frame.type !== "gap") return;
    waiting.push(frame);
    if (!due) {
      due = true;
      setTimeout(deliver, 50); // not requestAnimationFrame: a tab that nobody sees has none
    }
  }

  function deliver() {
    due = false;
    const frames = waiting;
    waiting = [];
    if (!over) onFrames(frames);
  }

  open();
  const endRetry = on("live", () => {
    wait = FIRST_WAIT;
    open(); // the server is there again: the other socket has just seen it
  });
  const endAway = connection.subscribe((now) => {
    if (now === "live" || !socket) return;
    const silent = socket; // the network is cut, which this socket may notice only after minutes
    socket = undefined;
    silent.close();
    onState("away");
    timer = setTimeout(open, wait);
  });
  return () => {
    over = true;
    clearTimeout(timer);
    endRetry();
    endAway();
    socket?.close();
  };
}
