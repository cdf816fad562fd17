/** A lock on a run folder that a killed process does not leave in force. */
import { randomUUID } from "node:crypto";
import { existsSync, linkSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { runLocked, storageFailed } from "../values/errors.js";
import { readJsonFile } from "./json-file.js";
import { isAlive, type ProcessIdentity, thisProcess } from "./process-identity.js";

export interface FolderLock {
  /** Whether the lock file is there: it goes when the folder goes. Cheap. */
  readonly isThere: boolean;
  /** @throws FGKD_RUN_LOCKED when another process has taken the folder over */
  check(): void;
  /** Gives the folder free. Safe to call twice. */
  release(): void;
}

/** Who holds a lock, as its file says. */
interface Holder extends ProcessIdentity {
  readonly token: string;
}

const holder = z.object({
  pid: z.number().int().positive(),
  host: z.string(),
  token: z.string(),
  space: z.string().optional(),
  began: z.string().optional(),
});

/** In bytes. */
const longest = 4096;

/** Milliseconds between two signs of life, for those who cannot see this process: other machines, other containers. */
const beat = 15_000;

/** A holder out of sight is taken for dead after so many milliseconds without a sign. */
const patience = 120_000;

/**
 * Takes a run folder for this process alone.
 *
 * A holder that this process can see (same machine, same process namespace) counts while it lives: its number and the
 * moment of its start are compared, so that a new process with an old number is no holder. One that it cannot see counts
 * while its sign of life, by the clock of the disk, is younger than two minutes.
 *
 * @throws FGKD_RUN_LOCKED, FGKD_STORAGE
 */
export function lockFolder(folder: string): FolderLock {
  const path = join(folder, "lock");
  const own: Holder = { ...thisProcess(), token: randomUUID() };
  const text = `${JSON.stringify(own)}\n`;
  const draft = `${path}.${own.token}`;
  try {
    writeFileSync(draft, text, { flag: "wx" });
    takeOver(folder, path, draft, text);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw storageFailed(path, error);
  } finally {
    rmSync(draft, { force: true });
  }
  const isOurs = () => read(path)?.token === own.token;
  // Written, not touched: the time is then the disk's own, which is the clock that others compare it with.
  const sign = setInterval(() => isOurs() && attempt(() => writeFileSync(path, text, { flag: "r+" })), beat).unref();
  const release = () => {
    clearInterval(sign);
    process.removeListener("exit", release);
    if (isOurs()) attempt(() => rmSync(path, { force: true }));
  };
  process.on("exit", release);
  return {
    get isThere() {
      return existsSync(path);
    },
    check: () => {
      const other = read(path);
      if (other && other.token !== own.token)
        throw runLocked(folder, describe(other), "It took the run over; this process leaves it alone.");
    },
    release,
  };
}

/** Makes `draft` the lock, in one step, once whoever holds it is dead. */
function takeOver(folder: string, path: string, draft: string, text: string): void {
  for (let attempts = 0; ; attempts++) {
    if (put(draft, path, text)) return;
    const other = read(path);
    const age = statSync(draft).mtimeMs - (attempt(() => statSync(path).mtimeMs) ?? 0);
    if (other && (isAlive(other) ?? age < patience)) throw refuse(folder, path, other);
    if (!other && age < patience && existsSync(path) && attempts > 3) throw refuse(folder, path, other);
    // Moved aside, not removed: if somebody was faster, what has been moved is not what was judged.
    const aside = `${draft}.old`;
    attempt(() => renameSync(path, aside));
    const moved = read(aside);
    if (moved && moved.token !== other?.token) put(aside, path, `${JSON.stringify(moved)}\n`);
    rmSync(aside, { force: true });
  }
}

function refuse(folder: string, path: string, other: Holder | undefined): Error {
  const remedy = `Let it end, or stop it. If it no longer runs anywhere, remove ${path}.`;
  return runLocked(folder, other ? describe(other) : "a process that has not said who it is", remedy);
}

/** False when somebody holds the lock. A link appears with its content; where there are none, a new file must do. */
function put(draft: string, path: string, text: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    if (!["EPERM", "ENOTSUP", "ENOSYS", "EOPNOTSUPP"].includes(code)) throw error;
  }
  try {
    writeFileSync(path, text, { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** `undefined` also for what no process of fgkd has written. */
function read(path: string): Holder | undefined {
  return attempt(() => holder.parse(readJsonFile(path, longest)));
}

function describe({ pid, host }: Holder): string {
  return host === hostname() ? `process ${pid}` : `process ${pid} on ${host}`;
}

/** What others do to the same file at the same time is no error. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
