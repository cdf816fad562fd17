/** The worker threads of a data source. */
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Piscina } from "piscina";
import type { BatchResult, BatchTask } from "./tasks.js";

/** Runs tasks on other threads, which start with the first task. */
export interface WorkerPool {
  readonly workers: number;
  prepareBatch(task: BatchTask): Promise<BatchResult>;
  /** Waits briefly for what is under way, then ends the threads. */
  close(): Promise<void>;
}

/** Milliseconds that `close` waits for tasks before it ends their threads. */
const PATIENCE = 2000;

/** @param workers how many threads; `null`: one per core, at most eight */
export function createWorkerPool(workers: number | null): WorkerPool {
  const count = workers ?? Math.min(availableParallelism(), 8);
  const running = new Set<Promise<BatchResult>>();
  let pool: Piscina<BatchTask, BatchResult> | undefined;
  return {
    workers: count,
    prepareBatch: (task) => {
      pool ??= startThreads(count);
      const result = pool.run(task, { name: "prepareBatch" });
      running.add(result);
      const done = () => void running.delete(result);
      result.then(done, done);
      return result;
    },
    close: async () => {
      await Promise.race([Promise.allSettled(running), patience()]);
      await pool?.destroy();
      pool = undefined;
    },
  };
}

function startThreads(count: number): Piscina<BatchTask, BatchResult> {
  // From source (tests, development) the worker is TypeScript and needs tsx; the package runs from JavaScript.
  const fromSource = import.meta.url.endsWith(".ts");
  return new Piscina<BatchTask, BatchResult>({
    filename: fileURLToPath(new URL(fromSource ? "./worker.ts" : "./worker.js", import.meta.url)),
    minThreads: count,
    maxThreads: count,
    execArgv: fromSource ? ["--import", tsxLoader()] : [],
  });
}

/** A module that makes a thread understand TypeScript; `--import tsx` alone does so for the main thread only. */
function tsxLoader(): string {
  const api = pathToFileURL(createRequire(import.meta.url).resolve("tsx/esm/api")).href.replace(/cjs$/, "mjs");
  return `data:text/javascript,import{register}from"${api}";register();`;
}

function patience(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PATIENCE).unref());
}
