#!/usr/bin/env node
/** The process around the command line: streams, signals, exit code. */
import type { Environment } from "./environment.js";
import { runProgram } from "./program.js";

const stopped = 130;
const listeners = new Set<(reason: string) => void>();
/** When running work was asked to stop, in milliseconds. */
let asked: number | undefined;

/** The first time asks running work to stop; the second, or with nothing to ask, ends the process. */
function stop(reason: string): void {
  // One Ctrl-C under npx arrives twice: from the terminal, and passed on by npm.
  if (asked !== undefined && performance.now() - asked < 500) return;
  if (asked !== undefined || listeners.size === 0) {
    // A progress bar may have hidden the cursor and switched line wrapping off.
    if (process.stdout.isTTY) process.stdout.write("\x1b[?25h\x1b[?7h\n");
    process.exit(stopped);
  }
  asked = performance.now();
  for (const listener of listeners) listener(reason);
}

process.on("SIGINT", () => stop("Ctrl-C"));
process.on("SIGTERM", () => stop("Terminated"));
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    // Nobody reads any more (`fgkd list | head -1`): what runs ends in good order, everything else has ended.
    if (asked === undefined && listeners.size > 0) stop("The output was closed");
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
};

process.exitCode = await runProgram(process.argv.slice(2), environment);
