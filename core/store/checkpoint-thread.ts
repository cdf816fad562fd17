/** The thread that hashes, writes and flushes checkpoints while training goes on. */
import { parentPort } from "node:worker_threads";
import { storeCheckpoint } from "./checkpoint.js";
import type { PackedCheckpoint } from "./checkpoint-format.js";

/** What the thread is asked. */
export interface StoreJob {
  readonly folder: string;
  readonly packed: PackedCheckpoint;
  readonly keep: number;
}

/** What it answers: nothing, or the system's error. */
export interface StoreAnswer {
  readonly problem?: {
    readonly path: string;
    readonly code?: string;
    readonly errno?: number;
    readonly message: string;
  };
}

parentPort?.on("message", ({ folder, packed, keep }: StoreJob) => {
  parentPort?.postMessage(store(folder, packed, keep));
});

function store(folder: string, packed: PackedCheckpoint, keep: number): StoreAnswer {
  try {
    storeCheckpoint(folder, packed, keep);
    return {};
  } catch (error) {
    const { path = folder, code, errno, message } = error as NodeJS.ErrnoException;
    return { problem: { path, code, errno, message } };
  }
}
