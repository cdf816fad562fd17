/** Checkpoints in the background: training only copies its state; another thread does the rest, one at a time. */
import { dirname } from "node:path";
import { Worker } from "node:worker_threads";
import { runWentOn, storageFailed } from "../values/errors.js";
import { threadFile } from "../values/thread-file.js";
import type { PackedCheckpoint } from "./checkpoint-format.js";
import type { StoreAnswer, StoreJob } from "./checkpoint-thread.js";
import type { LockTicket } from "./lock.js";

export interface CheckpointWriter {
  /** Whether one is being written. */
  readonly busy: boolean;
  /** The JSON file of the last one that was written. */
  readonly newest?: string;
  /**
   * Begins to write as soon as the one before is written. The memory of `packed` is handed over.
   *
   * @throws FGKD_STORAGE when the one before could not be written
   */
  write(packed: PackedCheckpoint): Promise<void>;
  /**
   * The same without waiting: once the one before is written, unless a newer one has been offered by then.
   *
   * @throws FGKD_STORAGE when an earlier one could not be written
   */
  offer(packed: PackedCheckpoint): void;
  /** Throws what went wrong in the background since. @throws FGKD_STORAGE, FGKD_RUN_LOCKED */
  check(): void;
  /** Waits until everything lies on the disk. @throws FGKD_STORAGE */
  settle(): Promise<void>;
  /** Ends the thread. What is under way is lost: settle first. */
  close(): Promise<void>;
}

/**
 * @param keep how many of the newest checkpoints stay
 * @param ticket of the run folder's lock
 */
export function createCheckpointWriter(folder: string, keep: number, ticket?: LockTicket): CheckpointWriter {
  let thread: WritingThread | undefined;
  let writing: Promise<void> | undefined;
  let waiting: PackedCheckpoint | undefined;
  let problem: Error | undefined;
  let newest: string | undefined;

  const check = () => {
    const found = problem;
    problem = undefined;
    if (found) throw found;
  };
  const settle = async () => {
    while (writing) await writing;
    check();
  };
  const close = async () => {
    await thread?.end();
    thread = undefined;
  };
  const start = (packed: PackedCheckpoint) => {
    // One that ended with nothing to do has lost nothing.
    if (!thread?.isAlive) thread = startThread(folder);
    writing = thread.store({ folder, packed, keep, ticket }).then(async ({ written, problem: found }) => {
      newest = written ?? newest;
      problem ??= found;
      if (found) await close();
      writing = undefined;
      const next = waiting;
      waiting = undefined;
      // Also after one that failed: it holds a later epoch, and there may be room again.
      if (next) start(next);
    });
  };
  return {
    get busy() {
      return writing !== undefined;
    },
    get newest() {
      return newest;
    },
    check,
    settle,
    close,
    write: async (packed) => {
      await settle();
      start(packed);
    },
    offer: (packed) => {
      check();
      if (writing) waiting = packed;
      else start(packed);
    },
  };
}

interface WritingThread {
  readonly isAlive: boolean;
  /** Resolves to what was written, or what went wrong. */
  store(job: StoreJob): Promise<Stored>;
  end(): Promise<void>;
}

interface Stored {
  readonly written?: string;
  readonly problem?: Error;
}

function startThread(folder: string): WritingThread {
  const { filename, execArgv } = threadFile("checkpoint-thread", import.meta.url);
  const thread = new Worker(filename, { execArgv: [...execArgv] });
  let finish: (found: Stored) => void = () => {};
  const fail = (problem: Error) => finish({ problem });
  thread.on("message", ({ written, lost, problem }: StoreAnswer) => {
    if (lost) fail(runWentOn(dirname(folder), "its lock is gone"));
    else if (problem) fail(storageFailed(problem.path, problem));
    else finish({ written });
  });
  let isAlive = true;
  thread.on("error", (cause) => fail(storageFailed(folder, cause)));
  thread.on("exit", () => {
    isAlive = false;
    fail(storageFailed(folder, new Error("the thread that writes ended")));
  });
  return {
    get isAlive() {
      return isAlive;
    },
    store: (job) =>
      new Promise((resolve) => {
        finish = (found) => {
          // Between checkpoints the thread keeps no process alive.
          thread.unref();
          resolve(found);
        };
        thread.ref();
        // Arrays of their own, made for this: handed over, not copied a second time.
        const buffers = job.packed.tensors.map(({ buffer }) => buffer as ArrayBuffer);
        thread.postMessage(job, [...new Set(buffers)]);
      }),
    end: async () => void (await thread.terminate()),
  };
}
