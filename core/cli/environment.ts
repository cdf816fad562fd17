/** What commands may touch of the world, so that tests can call them without a process. */
import { createColors } from "picocolors";
import { type Logger, printable, visible } from "../index.js";
import type { startChild } from "./sweep/child.js";
import type { watchStalls } from "./watching/stall-watch.js";

/** A stream of text; a terminal says so, and how wide it is. */
export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

export interface Environment {
  /** For results: what one would pipe into a file. */
  readonly stdout: Output;
  /** For diagnostics. */
  readonly stderr: Output;
  /** What is piped in. Absent where many share a process. */
  readonly stdin?: NodeJS.ReadableStream;
  /** Absolute. */
  readonly cwd: string;
  /** Environment variables. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Imports a module of fgkd, or a package fgkd depends on, by specifier. */
  load(specifier: string): Promise<Readonly<Record<string, unknown>>>;
  /** Milliseconds, from any origin. */
  now(): number;
  /** Calls back when the run is asked to stop: by a signal, or since nobody reads its output; returns how to stop listening. */
  onStop(listener: (stop: Stop) => void): () => void;
  /** Asks a question that yes or no answers; a signal takes it back, which means no. Absent where nobody could answer. */
  readonly ask?: (question: string, signal: AbortSignal) => Promise<boolean>;
  /** Starts this command once more, in a process of its own. Absent where many share a process. */
  readonly startChild?: typeof startChild;
  /** Watches whether a run still moves, and ends the process when it does not. Absent where many share a process. */
  readonly watchStalls?: typeof watchStalls;
}

export interface Stop {
  /** In words that a colon may follow. */
  readonly reason: string;
  /** 128 and the number of the signal, as shells and schedulers count. */
  readonly exitCode: number;
  /** What the next signal does. */
  readonly hint?: string;
  /** Whether the user has been told already. Default false. */
  readonly isTold?: boolean;
}

export type Colors = ReturnType<typeof createColors>;

/** Colours of a stream: on a terminal, unless `NO_COLOR` is set; anywhere, when `FORCE_COLOR` is. */
export function colorsOf(output: Output, { NO_COLOR, FORCE_COLOR, TERM }: Environment["variables"]): Colors {
  return createColors(!NO_COLOR && (FORCE_COLOR ? FORCE_COLOR !== "0" : output.isTTY === true && TERM !== "dumb"));
}

/** Writes a line of text to standard output: whatever names it has, on a terminal nothing but colours has an effect. */
export function print({ stdout, variables }: Environment, text = ""): void {
  stdout.write(`${visible(text, colorsOf(stdout, variables).isColorSupported)}\n`);
}

/** The width to lay text out for: the terminal's, and 100 columns in a file. */
export function widthOf(output: Output): number {
  return output.isTTY ? Math.max(40, output.columns ?? 80) : 100;
}

/** Characters that a line of a terminal leaves for each of some names, beside what else it holds; in a file as many as they have. */
export function nameRoom(output: Output, taken = 0, names = 1): number {
  return output.isTTY ? Math.max(8, Math.floor((widthOf(output) - taken) / names)) : Number.POSITIVE_INFINITY;
}

/** What plugins say goes to standard error, in lines. */
export function lineLogger({ stderr, variables }: Environment): Logger {
  const colors = colorsOf(stderr, variables);
  return {
    info: (message) => void stderr.write(`${printable(message)}\n`),
    warn: (message) => void stderr.write(`${colors.yellow("warning")} ${printable(message)}\n`),
  };
}
