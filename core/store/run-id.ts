/** Which run a folder or a checkpoint is of, so that no run takes another one's for its own. */
import { randomUUID } from "node:crypto";

/**
 * Drawn once, when a run begins; `null` for a run of an earlier version, which gave none. Nothing that is computed depends
 * on it.
 */
export type RunId = string | null;

export function newRunId(): string {
  return randomUUID();
}

/** Whatever a stranger's file has in its place. */
export function isRunId(value: unknown): value is RunId {
  return value === null || (typeof value === "string" && /^[\w-]{1,64}$/.test(value));
}

/** A few letters of it, for names of files. */
export function shortId(run: RunId): string {
  return run?.replaceAll("-", "").slice(0, 8) ?? "earlier";
}
