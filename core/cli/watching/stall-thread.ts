/** The thread that watches a run: when neither notes nor turns of the event loop come any more, it ends the process. */
import { writeSync } from "node:fs";
import { isatty } from "node:tty";
import { workerData } from "node:worker_threads";
import { type BoardState, boardOf, type StallOrders } from "./stall-board.js";

// Only ever started by stall-watch.ts.
const { memory, limit, factor, interval, blocked, waiting } = workerData as StallOrders;
const board = boardOf(memory);

let last = board.read();
/** Milliseconds without a note, and without a turn of the event loop. */
let silence = 0;
let standstill = 0;
let longest = 0;

while (watch());

/** @returns false when there is nothing to watch any more */
function watch(): boolean {
  const before = performance.now();
  if (!board.sleep(interval)) return false;
  // A process that was suspended has not been silent all that time.
  const passed = Math.min(performance.now() - before, 2 * interval);
  const now = board.read();
  silence += passed;
  standstill = now.ticks === last.ticks ? standstill + passed : 0;
  if (now.notes !== last.notes) {
    if (!last.patient) longest = Math.max(longest, silence);
    silence = 0;
  }
  last = now;
  const allowed = Math.max(limit, factor * longest);
  const isBlocked = Math.min(standstill, silence) > allowed;
  if (isBlocked || (silence > allowed && !now.patient)) end(now, isBlocked);
  return true;
}

/** No handler could run on the main thread, and no thread but that one may choose an exit code: an alarm it is. */
function end({ part, position }: BoardState, isBlocked: boolean): void {
  const text = (isBlocked ? blocked : waiting)
    .replace("{part}", part)
    .replace("{position}", position)
    .replace("{seconds}", String(Math.round(silence / 1000)));
  // A progress bar may have hidden the cursor and switched line wrapping off.
  if (isatty(1)) writeSync(1, "\x1b[?25h\x1b[?7h\n");
  writeSync(2, `${text}\n`);
  process.kill(process.pid, process.platform === "win32" ? "SIGKILL" : "SIGALRM");
}
