/** The words for what a disk refuses. */

/** What keeps a file from being written, by the system's code for it, and what to do. */
export const storageProblems: Readonly<Record<string, readonly [problem: string, remedy: string]>> = {
  ENOSPC: ["the disk is full", "Free some space"],
  EDQUOT: ["the quota is used up", "Free some space"],
  EFBIG: ["the file would be larger than the system lets this process write", "Raise the limit (ulimit -f)"],
  EROFS: ["it is mounted read-only", "Make it writable"],
  EACCES: ["permission is denied", "Restore the permission"],
  EPERM: ["permission is denied", "Restore the permission"],
  ENOENT: ["its folder is gone", "Bring it back"],
};
