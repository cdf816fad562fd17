/**
 * Signals of the process: what asks running work to stop, and what ends it. Imports almost nothing, so that it listens before
 * anything else is loaded.
 */
import { constants } from "node:os";
import type { Stop } from "../environment.js";
import { cell, cellsLength, type InterruptOrders } from "./interrupt-cells.js";

export interface Signals {
  /** Calls back when work is asked to stop; returns how to stop listening. */
  onStop(listener: (stop: Stop) => void): () => void;
  /** Nobody reads the output any more: what runs ends in good order, everything else has ended. */
  outputClosed(): void;
  /** Whether anything has ever listened. */
  readonly hadWork: boolean;
  /** For the thread that hears Ctrl-C while this one computes. */
  readonly orders: InterruptOrders;
  /** That thread has heard one. */
  interrupt(): void;
}

type Name = "SIGINT" | "SIGTERM" | "SIGHUP" | "SIGPIPE" | "SIGUSR1" | "SIGUSR2" | "SIGXCPU";

/** Those that ask once and end the process the second time. */
const demands = { SIGINT: "Ctrl-C", SIGTERM: "Terminated", SIGHUP: "The terminal was closed" } as const;

/**
 * What a scheduler sends before it ends the process (Slurm's --signal), the system before the time that it allows is used up:
 * asks however often it comes. Without a listener SIGUSR1 would open Node.js to a debugger, and the others end the process.
 */
const warnings = ["SIGUSR1", "SIGUSR2", "SIGXCPU"] as const;

/** As it was at the start: files of settings may not call it while they are loaded, signals may. */
const exit: (code: number) => never = process.exit.bind(process);

/** Beside the first Ctrl-C. */
export const once = "Once more stops at once, without a checkpoint.";

/** Milliseconds within which two are one: under npx, Ctrl-C comes from the terminal, and is passed on by npm. */
const together = 500;

/** Listens from now on. */
export function listenToSignals(): Signals {
  const listeners = new Set<(stop: Stop) => void>();
  const memory = new SharedArrayBuffer(cellsLength);
  const cells = new Int32Array(memory);
  let hadWork = false;
  let isAsked = false;
  /** When a demand came last, in milliseconds. */
  let demanded: number | undefined;

  const ask = (name: Name, reason: string, hint?: string) => {
    const exitCode = 128 + constants.signals[name];
    if (listeners.size === 0 || (demanded !== undefined && name in demands)) end(name, exitCode);
    if (name in demands) {
      demanded = performance.now();
      Atomics.store(cells, cell.insisted, 1);
    }
    isAsked = true;
    const isTold = Atomics.exchange(cells, cell.told, 0) === 1;
    for (const listener of listeners) listener({ reason, exitCode, hint, isTold });
  };
  const demand = (name: keyof typeof demands) => {
    if (demanded !== undefined && performance.now() - demanded < together) return;
    ask(name, demands[name], once);
  };
  for (const name of Object.keys(demands) as (keyof typeof demands)[]) process.on(name, () => demand(name));
  // One more while the step is finished asks for nothing new: the system repeats SIGXCPU every second.
  for (const name of warnings) process.on(name, () => void (isAsked || ask(name, `A scheduler's warning (${name})`)));
  // Without a listener a file over `ulimit -f` would end the process; with one, writing it fails.
  if (process.platform !== "win32") process.on("SIGXFSZ", () => {});

  return {
    onStop: (listener) => {
      hadWork = true;
      listeners.add(listener);
      Atomics.store(cells, cell.held, listeners.size);
      return () => {
        listeners.delete(listener);
        Atomics.store(cells, cell.held, listeners.size);
      };
    },
    outputClosed: () => {
      if (!isAsked && listeners.size > 0) ask("SIGPIPE", "The output was closed");
    },
    get hadWork() {
      return hadWork;
    },
    orders: { memory, line: stopping({ reason: demands.SIGINT, hint: once }) },
    interrupt: () => {
      // The thread has told two that came together from two that did not.
      Atomics.add(cells, cell.heard, 1);
      ask("SIGINT", demands.SIGINT, once);
    },
  };
}

/** What is said when work was asked to stop. */
export function stopping({ reason, hint }: Pick<Stop, "reason" | "hint">): string {
  return [`${reason}: stopping after this step.`, ...(hint ? [hint] : [])].join(" ");
}

function end(name: Name, exitCode: number): never {
  // A progress bar may have hidden the cursor and switched line wrapping off.
  if (process.stdout.isTTY && name !== "SIGHUP") process.stdout.write("\x1b[?25h\x1b[?7h\n");
  exit(exitCode);
}
