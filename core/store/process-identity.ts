/** Which process this is, told so that another one can find out whether it still runs. */
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** Of the machine's start, and of the container; absent where the system does not tell. */
  readonly space?: string;
  /** When the process began, in the system's own count; absent where the system does not tell. */
  readonly began?: string;
}

export function thisProcess(): ProcessIdentity {
  return { pid: process.pid, host: hostname(), space: space(), began: statusOf(process.pid)?.began };
}

/** `undefined`: it cannot be seen from here, or not told apart from a later process of the same number. */
export function isAlive({ pid, host, space: theirs, began }: ProcessIdentity): boolean | undefined {
  if (host !== hostname() || theirs !== space()) return undefined;
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
