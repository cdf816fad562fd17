#!/usr/bin/env node
/** The process around the command line: streams, signals, exit code. */
import { constants } from "node:os";
import { askYesNo } from "./ask.js";
import type { Environment, Stop } from "./environment.js";
import { runProgram } from "./program.js";
import { watchStalls } from "./stall-watch.js";

const listeners = new Set<(stop: Stop) => void>();
/** When running work was asked to stop, in milliseconds. */
let asked: number | undefined;

/** The first time asks running work to stop; the second, or with nothing to ask, ends the process. */
function stop(signal: "SIGINT" | "SIGTERM" | "SIGHUP" | "SIGPIPE", reason: string): void {
  // One Ctrl-C under npx arrives twice: from the terminal, and passed on by npm.
  if (asked !== undefined && performance.now() - asked < 500) return;
  const exitCode = 128 + constants.signals[signal];
  if (asked !== undefined || listeners.size === 0) {
    // A progress bar may have hidden the cursor and switched line wrapping off.
    if (process.stdout.isTTY && signal !== "SIGHUP") process.stdout.write("\x1b[?25h\x1b[?7h\n");
    process.exit(exitCode);
  }
  asked = performance.now();
  for (const listener of listeners) listener({ reason, exitCode });
}

process.on("SIGINT", () => stop("SIGINT", "Ctrl-C"));
process.on("SIGTERM", () => stop("SIGTERM", "Terminated"));
process.on("SIGHUP", () => stop("SIGHUP", "The terminal was closed"));
// Without a listener a file over `ulimit -f` would end the process; with one, writing it fails.
if (process.platform !== "win32") process.on("SIGXFSZ", () => {});
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    // EIO: of a terminal that is gone.
    if (error.code !== "EPIPE" && error.code !== "EIO") throw error;
    // Nobody reads any more (`fgkd list | head -1`): what runs ends in good order, everything else has ended.
    if (asked === undefined && listeners.size > 0) stop("SIGPIPE", "The output was closed");
  });

const environment: Environment = {
  stdout: process.stdout,
  stderr: process.stderr,
  cwd: process.cwd(),
  variables: process.env,
  load: (specifier) => import(specifier),
  now: () => performance.now(),
  onStop: (listener) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  },
  watchStalls,
  ...(process.stdin.isTTY &&
    process.stderr.isTTY && {
      ask: (question, signal) => askYesNo(process.stdin, process.stderr, question, signal),
    }),
};

process.exitCode = await runProgram(process.argv.slice(2), environment);
