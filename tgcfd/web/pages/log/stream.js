// The log as it is written, by a WebSocket that comes back by itself and resumes behind the last line.
import { closeSocket, protocols, socketAddress } from "../../core/api.js";
import { connection, on } from "../../core/events.js";
import { lose } from "../../core/session.js";

const FIRST_WAIT = 500;
const LONGEST_WAIT = 15000;
const TOGETHER = 50; // milliseconds in which frames are gathered
const MOST_TOGETHER = 2000; // frames: a tab that nobody sees has its timers once a minute
const LOOK_EVERY = 10_000;
const ASLEEP = 30_000; // without a look for so long, the computer slept, and the socket may be dead without knowing

/**
 * Open the log: `onFrames` is given the frames of a moment in one go, `onState` "live" or "away". Begins with the last
 * `tail` lines, or behind the cursor `after`; `onUnknown` is called where the log no longer knows the last line: there is
 * nothing to go on behind then. Returns what ends it.
 */
export function openLog({ tail = 100, after, onFrames, onState = () => {}, onUnknown }) {
  let socket;
  let last = after;
  let wait = FIRST_WAIT;
  let timer;
  let waiting = [];
  let delivery;
  let over = false;

  function open() {
    clearTimeout(timer);
    if (over || socket) return;
    const url = socketAddress("/ws/logs");
    if (last) url.searchParams.set("after", last);
    else url.searchParams.set("tail", tail);
    const opened = new WebSocket(url, protocols());
    socket = opened;
    opened.onmessage = (message) => socket === opened && take(JSON.parse(message.data));
    opened.onclose = (closed) => {
      if (socket !== opened) return;
      socket = undefined;
      if (closed.code === 4401) return lose();
      if (closed.code === 4422) return onUnknown();
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
    if (waiting.length >= MOST_TOGETHER) deliver();
    else delivery ??= setTimeout(deliver, TOGETHER); // not requestAnimationFrame: a tab that nobody sees has none
  }

  function deliver() {
    clearTimeout(delivery);
    delivery = undefined;
    const frames = waiting;
    waiting = [];
    if (!over) onFrames(frames);
  }

  /** Close without a word to anybody; what was gathered has been seen already. */
  function drop() {
    const dropped = socket;
    socket = undefined;
    closeSocket(dropped);
  }

  open();
  const ends = [
    on("live", () => {
      wait = FIRST_WAIT;
      open(); // the server is there again: the other socket has just seen it
    }),
    connection.subscribe((now) => {
      if (now === "live" || !socket) return;
      drop(); // the network is cut, which this socket may notice only after minutes
      onState("away");
      timer = setTimeout(open, wait);
    }),
    onWake(() => {
      drop();
      open(); // it resumes: what is doubtful costs nothing to try again
    }),
  ];
  return () => {
    over = true;
    clearTimeout(timer);
    clearTimeout(delivery);
    for (const end of ends) end();
    drop();
  };
}

/** Call when the computer, or the tab, was asleep. Returns what ends it. */
function onWake(wake) {
  let looked = Date.now();
  function look() {
    if (document.hidden) return; // once somebody looks again
    const slept = Date.now() - looked > ASLEEP;
    looked = Date.now();
    if (slept) wake();
  }
  const timer = setInterval(look, LOOK_EVERY);
  document.addEventListener("visibilitychange", look);
  return () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", look);
  };
}
