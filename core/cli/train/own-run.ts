/** Whether a folder is its user's own: `--resume` picks no other by itself. */
import { statSync } from "node:fs";
import { join } from "node:path";

/** Of this process; `null` where the system has no such numbers. */
export interface Owner {
  readonly user: number;
  readonly group: number;
}

function thisOwner(): Owner | null {
  const [user, group] = [process.getuid?.(), process.getgid?.()];
  return user === undefined || group === undefined ? null : { user, group };
}

/**
 * Who else may have written what a run folder says; `null` when nobody. A group that is the user's first one counts as the
 * user: many systems give each user a group of their own, and let it write.
 */
export function strangerIn(run: string, owner = thisOwner()): string | null {
  if (!owner) return null;
  for (const path of [run, join(run, "config.json")]) {
    const { uid, gid, mode } = statSync(path);
    if (uid !== owner.user) return `belongs to user ${uid}`;
    if (mode & 0o002) return "can be written by everybody";
    if (mode & 0o020 && gid !== owner.group) return `can be written by group ${gid}`;
  }
  return null;
}
