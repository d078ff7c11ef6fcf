// The state of the person's tgcf, as the server pushes it, and what one can do about it.
import { get, post } from "./api.js";
import { connection, on } from "./events.js";
import { onSomebodyElse } from "./session.js";
import { Store } from "./store.js";

/** As GET /api/status; null as long as it is not known. */
export const status = new Store(null);

/** The time of the last change of the configuration that a person made; see `restartNeeded`. */
export const changed = new Store(null);

on("state", (frame) => status.set(frame.status));
on("live", () => lookForChange());
on("config", () => lookForChange());
connection.subscribe((now) => {
  if (now === "crowded") get("/api/status").then((found) => status.set(found), () => {}); // nobody pushes it
});
onSomebodyElse(() => {
  status.set(null);
  changed.set(null);
});

async function lookForChange() {
  try {
    const { items } = await get("/api/config/versions", { limit: 50 }); // those of tgcf itself may come after
    changed.set(items.find((version) => version.way !== "tgcf")?.time ?? null);
  } catch {
    // it is asked again with the next change; the page works without
  }
}

/** Whether what runs is older than what is stored. */
export function restartNeeded(now, changedAt) {
  const taken = now?.configTime ?? now?.startTime; // it may have started again by itself, with what it had
  return Boolean(now?.isRunning && changedAt && new Date(changedAt) > new Date(taken));
}

export const run = (mode) => post("/api/run", mode ? { mode } : undefined);
export const stop = () => post("/api/stop");
export const restart = (mode) => post("/api/restart", mode ? { mode } : undefined);
