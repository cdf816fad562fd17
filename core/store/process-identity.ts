/** Which process this is, told so that another one can find out whether it still runs. */
import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** The machine's own number, which stays when it starts anew; absent where the system does not tell. */
  readonly machine?: string;
  /** Of the machine's start, and of the container; absent where the system does not tell. */
  readonly space?: string;
  /** When the process began, in the system's own count; absent where the system does not tell. */
  readonly began?: string;
}

export function thisProcess(): ProcessIdentity {
  const identity = { pid: process.pid, host: hostname(), machine: machine(), space: space() };
  return { ...identity, began: statusOf(process.pid)?.began };
}

/** `undefined`: it cannot be seen from here, or not told apart from a later process of the same number. */
export function isAlive({ pid, host, machine: on, space: theirs, began }: ProcessIdentity): boolean | undefined {
  if (host !== hostname()) return undefined;
  const [here, now] = [machine(), space()];
  // A machine of the same name is this one, unless both have numbers that say otherwise. Nothing outlives its next start.
  if ((on ?? here) === (here ?? on) && bootOf(theirs) !== undefined && bootOf(now) !== undefined)
    if (bootOf(theirs) !== bootOf(now)) return false;
  if (theirs !== now) return undefined;
  if (!exists(pid)) return false;
  const status = statusOf(pid);
  if (!status || began === undefined) return undefined;
  return status.began === began && !status.isDead;
}

/** Process numbers mean the same in the same space. */
function space(): string | undefined {
  try {
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return undefined;
  }
}

/** Which start of the machine it is from. */
function bootOf(space: string | undefined): string | undefined {
  return /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}) /.exec(space ?? "")?.[1];
}

/** Hashed: the number itself is nobody's business. */
function machine(): string | undefined {
  try {
    const number = readFileSync("/etc/machine-id", "utf8").trim();
    return number ? createHash("sha256").update(number).digest("hex").slice(0, 16) : undefined;
  } catch {
    return undefined;
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** From Linux's table of processes: the state and the moment of the start, the 3rd and the 22nd field. */
function statusOf(pid: number): { readonly began: string; readonly isDead: boolean } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field, the name, may hold anything, and ends with the last parenthesis.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { began: fields[19] ?? "", isDead: fields[0] === "Z" || fields[0] === "X" };
  } catch {
    return undefined;
  }
}
