/** How a failure is told: a diagnostic in one paragraph, a bug with its stack. */
import { CommanderError } from "commander";
import { FgkdError, readFailed, storageFailed, systemProblem, visible } from "../index.js";
import { colorsOf, type Environment, widthOf } from "./environment.js";
import { defect, exitCodeOf } from "./exit-codes.js";
import { wrap } from "./terminal/text.js";

/** Writes what went wrong to standard error and returns the exit code. `FGKD_TRACE=errors` adds stacks and causes. */
export function tellFailure(thrown: unknown, environment: Environment): number {
  const error = withWords(thrown);
  // commander has written its message already; help and --version arrive here too, with exit code 0.
  if (error instanceof CommanderError) return error.exitCode;
  const { stderr, variables } = environment;
  const traced = variables.FGKD_TRACE?.split(",").includes("errors");
  const text = error instanceof FgkdError ? paragraph(error, environment) : unexpected(error, environment);
  stderr.write(`${text}\n`);
  if (traced) for (const line of stacks(error)) stderr.write(`${visible(line, false)}\n`);
  return error instanceof FgkdError ? exitCodeOf(error) : defect;
}

/** What the system refused, wherever that was: nobody is helped by the stack of a disk that is full. */
function withWords(error: unknown): unknown {
  const { syscall, path = "a file", code } = (error ?? {}) as NodeJS.ErrnoException;
  // EPERM and the like also come from starting threads and programs, which name no path.
  if (syscall === undefined || code === undefined || systemProblem(error, "read") === undefined) return error;
  if (writing.has(syscall)) return storageFailed(path, error);
  return (error as NodeJS.ErrnoException).path === undefined && !reading.has(syscall) ? error : readFailed(path, error);
}

const writing: ReadonlySet<string> = new Set(
  "mkdir write rename unlink rmdir rm fsync fdatasync ftruncate link symlink copyfile futime utime chmod".split(" "),
);

const reading: ReadonlySet<string> = new Set("open read scandir opendir lstat stat fstat realpath readlink".split(" "));

function paragraph(error: FgkdError, { stderr, variables }: Environment): string {
  const colors = colorsOf(stderr, variables);
  const [first = "", ...rest] = wrap(error.message, stderr.isTTY ? widthOf(stderr) : Number.POSITIVE_INFINITY);
  return [first.replace(error.code, colors.red(error.code)), ...rest].join("\n");
}

function unexpected(error: unknown, { stderr, variables }: Environment): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${colorsOf(stderr, variables).red("unexpected error")} ${visible(stack, false)}`;
}

function* stacks(error: unknown): Generator<string> {
  if (error instanceof FgkdError) yield error.stack ?? error.message;
  for (let cause = causeOf(error); cause !== undefined; cause = causeOf(cause))
    yield `caused by ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`;
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}
