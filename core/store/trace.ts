/** What a process left in its run folder, so that it can tell whether somebody went on there. */
import { createHash, type Hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runFiles } from "./place.js";

export interface Trace {
  /** Takes every file as it is now. */
  look(): void;
  /** This process has written it. */
  wrote(file: string, text: string): void;
  /** This process has added to it. */
  added(file: string, text: string): void;
  /** The first file that is not as this process left it. */
  changed(): string | undefined;
}

/** @param path of a run folder, whose `runFiles` are followed */
export function createTrace(path: string): Trace {
  /** `null`: it was not there. */
  const left = new Map<string, Hash | null>();
  const now = (file: string) => {
    try {
      return createHash("sha256").update(readFileSync(join(path, file)));
    } catch {
      return null;
    }
  };
  return {
    look: () => {
      for (const file of runFiles) left.set(file, now(file));
    },
    wrote: (file, text) => void left.set(file, createHash("sha256").update(text)),
    added: (file, text) => void left.set(file, (left.get(file) ?? createHash("sha256")).update(text)),
    changed: () => [...left].find(([file, then]) => digest(then) !== digest(now(file)))?.[0],
  };
}

function digest(hash: Hash | null): string | undefined {
  return hash?.copy().digest("hex");
}
