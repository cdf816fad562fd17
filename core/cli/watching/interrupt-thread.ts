/**
 * The thread that hears Ctrl-C while the main one computes: a step, a listing or a first compilation may keep the event
 * loop, and with it every handler of signals, waiting for minutes.
 *
 * Node.js hands signals to the main thread alone, but for one: a script run with `breakOnSigint` is interrupted by SIGINT,
 * on whatever thread it runs. This one runs a script that only waits.
 */
import { writeSync } from "node:fs";
import { isatty } from "node:tty";
import { Script } from "node:vm";
import { parentPort, workerData } from "node:worker_threads";
import { cell, type InterruptOrders } from "./interrupt-cells.js";

// Only ever started by interrupts.ts.
const { memory, line } = workerData as InterruptOrders;
const cells = new Int32Array(memory);

/** Milliseconds within which two are one: under npx, Ctrl-C comes from the terminal, and is passed on by npm. */
const together = 500;
/** Milliseconds that the main thread is given to say it itself. */
const patience = 600;

let last = Number.NEGATIVE_INFINITY;
/** How many Ctrl-C came, and when the latest must have been told. */
let asked = 0;
let due = Number.POSITIVE_INFINITY;
let ending = false;

/** What the script calls. It has no imports of its own. */
const calls = globalThis as unknown as Record<"fgkdWaits" | "fgkdWatches", () => void>;
calls.fgkdWaits = () => void Atomics.wait(cells, cell.idle, 0, Math.max(0, due - performance.now()));
calls.fgkdWatches = watch;
const waits = new Script("fgkdWaits()");
const watches = new Script("fgkdWatches()");

// One inside the other: between two of the inner ones the outer still holds the signal, which else would end the process.
while (!ending) if (isInterrupted(watches)) hear();
// No script holds the signal back any more.
process.kill(process.pid, "SIGINT");

function watch(): void {
  while (!ending) {
    if (isInterrupted(waits)) hear();
    else if (performance.now() >= due) tell();
  }
}

function isInterrupted(script: Script): boolean {
  try {
    script.runInThisContext({ breakOnSigint: true });
    return false;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ERR_SCRIPT_EXECUTION_INTERRUPTED") throw cause;
    return true;
  }
}

function hear(): void {
  const now = performance.now();
  if (now - last < together) return;
  last = now;
  asked += 1;
  due = now + patience;
  parentPort?.postMessage("interrupt");
}

/** The main thread has had its time. */
function tell(): void {
  due = Number.POSITIVE_INFINITY;
  if ((cells[cell.heard] as number) >= asked) return;
  ending = asked > 1 || cells[cell.insisted] === 1 || cells[cell.held] === 0;
  // A progress bar may have hidden the cursor and switched line wrapping off.
  if (ending && isatty(1)) write(1, "\x1b[?25h\x1b[?7h\n");
  if (ending) return;
  Atomics.store(cells, cell.told, 1);
  write(2, `${line}\n`);
}

function write(stream: number, text: string): void {
  try {
    writeSync(stream, text);
  } catch {
    // Nobody reads it.
  }
}
