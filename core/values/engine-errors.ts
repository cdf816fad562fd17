/** What can be wrong with an engine: it does not start, it cannot go on, or its memory is full. */
import { FgkdError } from "./errors.js";

/** No engine, or not the one asked for, can run here. */
export function engineUnavailable(name: string, detail: string, remedy = "") {
  return new FgkdError(
    "FGKD_ENGINE_UNAVAILABLE",
    `engine "${name}" cannot run here: ${detail}. ${remedy} fgkd doctor tells what was tried.`.replace("  ", " "),
  );
}

/** The engine's memory holds no more: WebAssembly addresses 4 GiB, a graphics card what it has. */
export function outOfMemory(
  engine: string,
  requested: number,
  held: number,
  remedy = "Use a smaller batch or image, or another engine.",
) {
  const megabytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;
  return new FgkdError(
    "FGKD_OUT_OF_MEMORY",
    `engine "${engine}" has no room for ${megabytes(requested)} more, it holds ${megabytes(held)}. ${remedy}`,
  );
}

/** An engine that had started cannot go on, or cannot do what was asked of it. */
export function engineFailed(engine: string, problem: string, remedy: string, cause?: unknown) {
  return new FgkdError("FGKD_ENGINE_FAILED", `engine "${engine}": ${problem}. ${remedy}`, { cause });
}
