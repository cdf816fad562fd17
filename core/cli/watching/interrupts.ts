/** Starts the thread that hears Ctrl-C while this one computes. */
import { Worker } from "node:worker_threads";
import { threadFile } from "../../index.js";
import type { Signals } from "./signals.js";

/** From now on Ctrl-C is answered within a second, whatever this thread does. Without the thread it is answered between steps. */
export function hearInterrupts(signals: Pick<Signals, "orders" | "interrupt">): void {
  const { filename, execArgv } = threadFile("interrupt-thread", import.meta.url);
  const thread = new Worker(filename, { workerData: signals.orders, execArgv: [...execArgv] });
  thread.on("message", () => signals.interrupt());
  thread.on("error", () => {});
  thread.unref();
}
