// The last few lines of the log, for a page that shows no more.
import { useEffect, useState } from "../../lib/preact.js";
import { openLog } from "./stream.js";

export function useLastLines(count) {
  const [lines, setLines] = useState([]);
  useEffect(() => {
    const add = (frames) => setLines((before) => [...before, ...frames.filter(({ type }) => type === "entry")].slice(-count));
    return openLog({ tail: count, onFrames: add });
  }, [count]);
  return lines;
}
