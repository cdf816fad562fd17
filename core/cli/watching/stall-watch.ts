/** Watches from another thread whether a run still moves: a kernel that never returns blocks everything on this one. */
import { Worker } from "node:worker_threads";
import { type Activity, stalled, threadFile, type WatchdogSettings } from "../../index.js";
import { type Board, boardOf, type StallOrders } from "./stall-board.js";

export interface StallWatch {
  /** A sign of life: what the run does now, and where it stands. */
  note(activity: Pick<Activity, "part" | "position">): void;
  stop(): void;
}

/** Only what is blocked is over there: a plugin may well prepare for hours, if it lets others have their turn. */
const patientParts = /^(hooks\.(setup|epoch) |a question)/;

/**
 * Starts the thread; `null` when settings say that nobody watches.
 *
 * @param engine for the message
 */
export function watchStalls(
  { stallMinutes, stallFactor }: Pick<WatchdogSettings, "stallMinutes" | "stallFactor">,
  engine: string,
): StallWatch | null {
  if (stallMinutes === null) return null;
  const limit = stallMinutes * 60_000;
  const board: Board = boardOf(new SharedArrayBuffer(2048));
  const orders: StallOrders = {
    memory: board.memory,
    limit,
    factor: stallFactor,
    interval: Math.max(10, Math.min(1000, limit / 20)),
    blocked: stalled("{part}", "{position}", "{seconds}", engine, true).message,
    waiting: stalled("{part}", "{position}", "{seconds}", engine, false).message,
  };
  const { filename, execArgv } = threadFile("stall-thread", import.meta.url);
  const thread = new Worker(filename, { workerData: orders, execArgv: [...execArgv] });
  // Without its watch a run is as good as before.
  thread.on("error", () => {});
  thread.unref();
  const ticks = setInterval(board.tick, orders.interval);
  ticks.unref();
  return {
    note: ({ part, position }) => board.note(part, position, patientParts.test(part)),
    stop: () => {
      clearInterval(ticks);
      board.stop();
    },
  };
}
