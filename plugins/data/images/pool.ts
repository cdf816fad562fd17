/** The worker threads of a data source. */
import { availableParallelism } from "node:os";
import { setTimeout } from "node:timers/promises";
import { Piscina } from "piscina";
import { threadFile, withinOwnTime, workerFailed } from "../../../core/index.js";
import { createPictureMemory, type PictureMemory } from "./memory.js";
import type { BatchResult, BatchTask } from "./tasks.js";

/** Runs tasks on other threads, which start with the first task. */
export interface WorkerPool {
  readonly workers: number;
  /** For pictures that its threads decode. */
  readonly memory: PictureMemory;
  prepareBatch(task: BatchTask): Promise<BatchResult>;
  /** Waits for work, but not for ever. @throws FGKD_WORKER_FAILED after so many seconds of the process's own time */
  inTime<T>(work: Promise<T>, seconds: number): Promise<T>;
  /** Waits briefly for what is under way, then ends the threads. */
  close(): Promise<void>;
}

/** Milliseconds that `close` waits for tasks before it ends their threads. */
const PATIENCE = 2000;

/** MiB of JavaScript memory of a thread. Pixels are held outside of it, so that this is plenty. */
const HEAP = 512;

/**
 * Threads that prepare batches. One that dies, or runs out of memory, fails its batch with FGKD_WORKER_FAILED.
 *
 * @param workers how many threads; `null`: one per core, at most eight
 * @param owner who is named in errors
 */
export function createWorkerPool(workers: number | null, owner: string): WorkerPool {
  const count = workers ?? Math.min(availableParallelism(), 8);
  const running = new Map<Promise<BatchResult>, (error: Error) => void>();
  let pool: Piscina<BatchTask, BatchResult> | undefined;
  // A thread that dies without a task would end the process, one that dies while it starts leave its tasks waiting.
  const failAll = (cause: Error) => {
    for (const fail of running.values()) fail(describeDeath(owner, cause));
  };
  return {
    workers: count,
    memory: createPictureMemory(),
    prepareBatch: (task) => {
      pool ??= startThreads(count).on("error", failAll);
      const work = pool.run(task, { name: "prepareBatch" });
      const result = new Promise<BatchResult>((resolve, reject) => {
        running.set(work, reject);
        work.then(resolve, (cause: Error) => reject(describeDeath(owner, cause)));
      });
      const done = () => void running.delete(work);
      work.then(done, done);
      return result;
    },
    inTime: (work, seconds) =>
      withinOwnTime(work, seconds, () => {
        const remedy = "Look whether the disk of the images answers; for slow ones, raise patience.";
        return workerFailed(owner, `no thread has finished a batch of images for ${seconds} s`, remedy);
      }),
    close: async () => {
      await Promise.race([Promise.allSettled(running.keys()), setTimeout(PATIENCE, undefined, { ref: false })]);
      await pool?.destroy();
      pool = undefined;
    },
  };
}

function startThreads(count: number): Piscina<BatchTask, BatchResult> {
  const { filename, execArgv } = threadFile("worker", import.meta.url);
  return new Piscina<BatchTask, BatchResult>({
    filename,
    execArgv: [...execArgv],
    minThreads: count,
    maxThreads: count,
    resourceLimits: { maxOldGenerationSizeMb: HEAP },
  });
}

function describeDeath(owner: string, cause: unknown): Error {
  const { message, code } = cause as NodeJS.ErrnoException;
  const [problem, remedy] =
    code === "ERR_WORKER_OUT_OF_MEMORY"
      ? ["a thread that prepares images ran out of memory", "Use fewer threads (--workers) or a smaller cacheBytes."]
      : [`a thread that prepares images died (${message})`, "Look for what ended it."];
  return workerFailed(owner, problem as string, remedy as string, cause);
}
