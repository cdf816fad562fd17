/** What a process gives the command line: its streams, its clock, its signals. */
import { storageFailed } from "../index.js";
import type { Environment } from "./environment.js";
import { exitCodeOf } from "./exit-codes.js";
import { runProgram } from "./program.js";
import { startChild } from "./sweep/child.js";
import { askYesNo } from "./terminal/ask.js";
import { openStreams } from "./terminal/streams.js";
import { hearInterrupts } from "./watching/interrupts.js";
import type { Signals } from "./watching/signals.js";
import { watchStalls } from "./watching/stall-watch.js";

/** @returns the exit code */
export async function runCommand(words: readonly string[], signals: Signals): Promise<number> {
  hearInterrupts(signals);
  const problem = (cause: unknown) =>
    storageFailed("standard output", cause, "what it lacks is lost, and a run goes on without it");
  const streams = openStreams(signals.outputClosed, (cause) => problem(cause).message);
  const { stdout, stderr } = streams;
  const environment: Environment = {
    stdout,
    stderr,
    stdin: process.stdin,
    cwd: process.cwd(),
    variables: process.env,
    load: (specifier) => import(specifier),
    now: () => performance.now(),
    onStop: signals.onStop,
    startChild,
    watchStalls,
    ...(process.stdin.isTTY &&
      process.stderr.isTTY && {
        ask: (question, signal) => askYesNo(process.stdin, process.stderr, question, signal),
      }),
  };
  const code = await runProgram(words, environment);
  // A run has everything in its folder; of other commands the output is all there is.
  return code === 0 && streams.lost !== undefined && !signals.hadWork ? exitCodeOf(problem(streams.lost)) : code;
}
