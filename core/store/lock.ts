/** A lock on a run folder that a killed process does not leave in force. */
import { randomUUID } from "node:crypto";
import {
  closeSync,
  existsSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { runLocked, runWentOn, storageFailed } from "../values/errors.js";
import { readJsonFile } from "./json-file.js";
import { isAlive, type ProcessIdentity, thisProcess } from "./process-identity.js";

export interface FolderLock {
  /** Whether the lock file is there: it goes when the folder goes. Cheap. */
  readonly isThere: boolean;
  /** By which another thread of this process can ask `checkLock`. */
  readonly ticket: LockTicket;
  /** @throws FGKD_RUN_LOCKED when another process has taken the folder over, or had it and has left it since */
  check(): void;
  /** Gives the folder free. Safe to call twice. */
  release(): void;
}

/** What a process holds a folder by. */
export interface LockTicket {
  readonly folder: string;
  readonly token: string;
}

/**
 * Whether a process may still write into its folder; to be asked as late as can be. A folder that is gone is no reason to
 * refuse: writing says so itself.
 *
 * @throws FGKD_RUN_LOCKED
 */
export function checkLock({ folder, token }: LockTicket): void {
  const path = join(folder, "lock");
  const other = read(path);
  if (other?.token === token) return;
  if (other) throw runLocked(folder, describe(other), "It took the run over; this process leaves it alone.");
  if (isMissing(path) && !isMissing(folder)) throw runWentOn(folder, "its lock is gone");
}

/** Who holds a lock, as its file says. */
interface Holder extends ProcessIdentity {
  readonly token: string;
}

const holder = z.object({
  pid: z.number().int().positive(),
  host: z.string(),
  token: z.string(),
  machine: z.string().optional(),
  space: z.string().optional(),
  began: z.string().optional(),
});

/** In bytes. */
const longest = 4096;

/** Who has a folder in hand, as far as that can be seen from here. */
export interface SeenLock {
  /** In words. */
  readonly holder: string;
  /** `undefined`: it is out of sight, on another machine or in another container, and its signs of life alone tell. */
  readonly isAlive: boolean | undefined;
  /** When it gave the last one, in milliseconds by the clock of the disk. */
  readonly signed: number;
}

/** Looks, and touches nothing. `null` where nobody has it, or has left it since. */
export function lookAtLock(folder: string): SeenLock | null {
  const path = join(folder, "lock");
  // Opened first: a network file system asks its server again then, and answers `stat` from memory otherwise.
  const other = read(path);
  const signed = attempt(() => statSync(path).mtimeMs);
  if (signed === undefined) return null;
  const isSeen = other ? isAlive(other) : undefined;
  return { holder: other ? describe(other) : "a process that has not said who it is", isAlive: isSeen, signed };
}

/** Milliseconds between two signs of life, for those who cannot see this process: other machines, other containers. */
const beat = 15_000;

/** A holder out of sight is taken for dead after so many milliseconds without a sign. */
export const lockPatience = 120_000;

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
    attempt(() => rmSync(draft, { force: true }));
  }
  removeLeftDrafts(folder);
  const ticket = { folder, token: own.token };
  const isOurs = () => read(path)?.token === own.token;
  const sign = setInterval(() => attempt(() => renew(path, own.token, text)), beat).unref();
  const release = () => {
    clearInterval(sign);
    process.removeListener("exit", release);
    if (isOurs()) attempt(() => void moveAway(path, `${draft}.old`, own.token));
  };
  process.on("exit", release);
  return {
    get isThere() {
      return existsSync(path);
    },
    ticket,
    check: () => checkLock(ticket),
    release,
  };
}

/** Makes `draft` the lock, in one step, once whoever holds it is dead. */
function takeOver(folder: string, path: string, draft: string, text: string): void {
  for (let attempts = 0; ; attempts++) {
    if (put(draft, path, text)) return;
    const other = read(path);
    const age = statSync(draft).mtimeMs - (attempt(() => statSync(path).mtimeMs) ?? 0);
    if (other && (isAlive(other) ?? age < lockPatience)) throw refuse(folder, path, other);
    if (!other && age < lockPatience && existsSync(path) && attempts > 3) throw refuse(folder, path, other);
    moveAway(path, `${draft}.old`, other?.token);
  }
}

/** Takes away the lock that was judged. Moved aside first: if somebody was faster, what has been moved is another, and goes back. */
function moveAway(path: string, aside: string, judged: string | undefined): void {
  attempt(() => renameSync(path, aside));
  const moved = read(aside);
  if (moved && moved.token !== judged) put(aside, path, `${JSON.stringify(moved)}\n`);
  rmSync(aside, { force: true });
}

/**
 * A sign of life. Written, not touched: the time is then the disk's own, which is the clock that others compare it with. Into
 * the file that was read: another holder's is another file, even if it takes this one's place in between.
 */
function renew(path: string, token: string, text: string): void {
  const file = openSync(path, "r+");
  try {
    if (parse(readFileSync(file, "utf8").slice(0, longest)).token === token) writeSync(file, text, 0);
  } finally {
    closeSync(file);
  }
}

/** What starts that were killed while they took the lock have left behind. Those of a start that is under way stay. */
function removeLeftDrafts(folder: string): void {
  // By the clock of the disk, as everywhere here.
  const now = attempt(() => statSync(join(folder, "lock")).mtimeMs) ?? 0;
  for (const file of attempt(() => readdirSync(folder)) ?? []) {
    if (!/^lock\.[0-9a-f-]{36}(\.old)?$/.test(file)) continue;
    const path = join(folder, file);
    const owner = read(path);
    const age = now - (attempt(() => statSync(path).mtimeMs) ?? now);
    const isUnderWay = (owner && isAlive(owner)) ?? age < lockPatience;
    if (!isUnderWay) attempt(() => rmSync(path, { force: true }));
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

/** @throws Error for what no process of fgkd has written */
function parse(text: string): Holder {
  return holder.parse(JSON.parse(text));
}

function describe({ pid, host }: Holder): string {
  return host === hostname() ? `process ${pid}` : `process ${pid} on ${host}`;
}

/** For certain: a disk that does not answer has lost nothing. */
function isMissing(path: string): boolean {
  try {
    statSync(path);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}

/** What others do to the same file at the same time is no error. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
