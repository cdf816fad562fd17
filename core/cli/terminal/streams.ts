/** Standard output and error that drop what cannot be written: a full disk under a log is no reason to end a run. */
import { fstatSync, writeSync } from "node:fs";
import { Writable } from "node:stream";
import type { Output } from "../environment.js";

export interface Streams {
  readonly stdout: Output;
  readonly stderr: Output;
  /** What kept standard output from being written, where anything has. */
  readonly lost: unknown;
}

/**
 * The streams of the process. What is lost is told once, on standard error. Where there is room again, writing goes on.
 *
 * @param closed nobody reads any more
 */
export function openStreams(closed: () => void, tell: (cause: unknown) => string): Streams {
  let lost: unknown;
  const lose = (stream: NodeJS.WriteStream, cause: unknown) => {
    if (stream !== process.stdout || lost !== undefined) return;
    lost = cause;
    stderr.write(`${tell(cause)}\n`);
  };
  const open = (stream: NodeJS.WriteStream): Output => {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      // EIO: of a terminal that is gone.
      if (["EPIPE", "ECONNRESET", "ERR_STREAM_DESTROYED", ...(stream.isTTY ? ["EIO"] : [])].includes(error.code ?? ""))
        closed();
      else lose(stream, error);
    });
    const file = stream === process.stdout ? 1 : 2;
    return isFile(file, stream) ? fileOutput(file, (cause) => lose(stream, cause)) : stream;
  };
  const stderr = open(process.stderr);
  const stdout = open(process.stdout);
  return {
    stdout,
    stderr,
    get lost() {
      return lost;
    },
  };
}

/** Node.js' own stream of a file ends with its first error. */
function fileOutput(file: number, lose: (cause: unknown) => void): Output {
  return new Writable({
    decodeStrings: true,
    write: (chunk: Uint8Array, _, done) => {
      try {
        for (let from = 0; from < chunk.length; ) from += writeSync(file, chunk, from);
      } catch (cause) {
        lose(cause);
      }
      done();
    },
  });
}

/** A file, or a device that is no terminal; a pipe or a terminal can be closed, and is left to Node.js. */
function isFile(file: number, { isTTY }: Output): boolean {
  try {
    // Node.js follows no link in imports after it was told of a pipe in plain numbers, and loads packages behind one twice.
    const found = fstatSync(file, { bigint: true });
    return found.isFile() || (found.isCharacterDevice() && !isTTY);
  } catch {
    return false;
  }
}
