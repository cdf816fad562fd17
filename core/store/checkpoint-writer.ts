/** Checkpoints in the background: training only copies its state; another thread does the rest, one at a time. */
import { Worker } from "node:worker_threads";
import { storageFailed } from "../values/errors.js";
import { threadFile } from "../values/thread-file.js";
import type { PackedCheckpoint } from "./checkpoint-format.js";
import type { StoreAnswer, StoreJob } from "./checkpoint-thread.js";

export interface CheckpointWriter {
  /** Whether one is being written. */
  readonly busy: boolean;
  /**
   * Begins to write as soon as the one before is written. The memory of `packed` is handed over.
   *
   * @throws FGKD_STORAGE when the one before could not be written
   */
  write(packed: PackedCheckpoint): Promise<void>;
  /** Throws what went wrong in the background since. @throws FGKD_STORAGE */
  check(): void;
  /** Waits until everything lies on the disk. @throws FGKD_STORAGE */
  settle(): Promise<void>;
  /** Ends the thread. What is under way is lost: settle first. */
  close(): Promise<void>;
}

/** @param keep how many of the newest checkpoints stay */
export function createCheckpointWriter(folder: string, keep: number): CheckpointWriter {
  let thread: WritingThread | undefined;
  let writing: Promise<void> | undefined;
  let problem: Error | undefined;

  const check = () => {
    const found = problem;
    problem = undefined;
    if (found) throw found;
  };
  const settle = async () => {
    await writing;
    check();
  };
  const close = async () => {
    await thread?.end();
    thread = undefined;
  };
  return {
    get busy() {
      return writing !== undefined;
    },
    check,
    settle,
    close,
    write: async (packed) => {
      await settle();
      // One that ended with nothing to do has lost nothing.
      if (!thread?.isAlive) thread = startThread(folder);
      writing = thread.store({ folder, packed, keep }).then(async (found) => {
        problem = found;
        writing = undefined;
        if (found) await close();
      });
    },
  };
}

interface WritingThread {
  readonly isAlive: boolean;
  /** Resolves to what went wrong. */
  store(job: StoreJob): Promise<Error | undefined>;
  end(): Promise<void>;
}

function startThread(folder: string): WritingThread {
  const { filename, execArgv } = threadFile("checkpoint-thread", import.meta.url);
  const thread = new Worker(filename, { execArgv: [...execArgv] });
  let finish: (found?: Error) => void = () => {};
  thread.on("message", ({ problem }: StoreAnswer) => finish(problem && storageFailed(problem.path, problem)));
  let isAlive = true;
  thread.on("error", (cause) => finish(storageFailed(folder, cause)));
  thread.on("exit", () => {
    isAlive = false;
    finish(storageFailed(folder, new Error("the thread that writes ended")));
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
