/** The thread that hashes, writes and flushes checkpoints while training goes on. */
import { basename } from "node:path";
import { parentPort } from "node:worker_threads";
import { FgkdError } from "../values/errors.js";
import { storeCheckpoint } from "./checkpoint.js";
import type { PackedCheckpoint } from "./checkpoint-format.js";
import { checkLock, type LockTicket } from "./lock.js";

/** What the thread is asked. */
export interface StoreJob {
  readonly folder: string;
  readonly packed: PackedCheckpoint;
  readonly keep: number;
  /** What the process holds the run folder by: without it, nothing is written. */
  readonly ticket?: LockTicket;
}

/** What it answers: which file it has written, that somebody else has the folder, or the system's error. */
export interface StoreAnswer {
  readonly written?: string;
  readonly lost?: boolean;
  readonly problem?: {
    readonly path: string;
    readonly code?: string;
    readonly errno?: number;
    readonly message: string;
  };
}

parentPort?.on("message", (job: StoreJob) => {
  parentPort?.postMessage(store(job));
});

function store({ folder, packed, keep, ticket }: StoreJob): StoreAnswer {
  try {
    return { written: basename(storeCheckpoint(folder, packed, keep, () => ticket && checkLock(ticket))) };
  } catch (error) {
    if (error instanceof FgkdError) return { lost: true };
    const { path = folder, code, errno, message } = error as NodeJS.ErrnoException;
    return { problem: { path, code, errno, message } };
  }
}
