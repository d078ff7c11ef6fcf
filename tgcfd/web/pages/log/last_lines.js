// The last few lines of the log, for a page that shows no more.
import { useEffect, useState } from "../../lib/preact.js";
import { lineOf } from "./rows.js";
import { openLog } from "./stream.js";

export function useLastLines(count) {
  const [lines, setLines] = useState([]);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    setLines([]);
    const entries = (frames) => frames.filter(({ type }) => type === "entry").slice(-count).map(lineOf);
    const add = (frames) => setLines((before) => [...before, ...entries(frames)].slice(-count));
    return openLog({ tail: count, onFrames: add, onUnknown: () => setTurn(turn + 1) });
  }, [count, turn]);
  return lines;
}
