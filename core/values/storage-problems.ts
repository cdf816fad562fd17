/** The words for what a system refuses: one table, for whoever reads and whoever writes. */
import { constants } from "node:os";
import { getSystemErrorMap } from "node:util";
import { messageOf } from "./words.js";

/** An error of the system, in words. */
export interface SystemProblem {
  /** The system's name for it, such as ENOSPC. */
  readonly code: string;
  /** Follows a colon: no capital, no full stop. */
  readonly problem: string;
  /** A sentence, without its full stop. */
  readonly remedy: string;
}

type Words = readonly [problem: string, remedy: string];

const space = "Free some space";
const permission: Words = ["permission is denied", "Restore the permission"];
const server: Words = [
  "the server that holds it does not answer",
  "Look after the network and the server, or copy what is there to a disk of this machine",
];

/** By the system's code. */
const problems: Readonly<Record<string, Words>> = {
  ENOSPC: ["the disk is full", space],
  EDQUOT: ["the quota is used up", space],
  EFBIG: ["the file would be larger than the system lets this process write", "Raise the limit: `ulimit -f unlimited`"],
  EROFS: ["it is mounted read-only", "Make it writable"],
  EACCES: permission,
  EPERM: permission,
  EIO: ["the disk failed to do it", "Look at the disk (dmesg tells more), and save what is on it"],
  EREMOTEIO: server,
  ESTALE: ["the server has lost or replaced what was open there", "Mount the network disk anew"],
  ETIMEDOUT: server,
  EHOSTDOWN: server,
  EHOSTUNREACH: server,
  ENETDOWN: server,
  ENETUNREACH: server,
  ENOTCONN: ["the network disk is not connected", "Mount it anew"],
  ENAMETOOLONG: ["the path, or a name in it, is longer than the system allows", "Choose a shorter one"],
  ELOOP: ["links lead back to themselves", "Remove the link"],
  ENOTDIR: ["a part of the path is a file, not a folder", "Correct the path"],
  EISDIR: ["it is a folder, not a file", "Correct the path, or move the folder away"],
  EEXIST: ["something else has its name already", "Move that away"],
  ENOTEMPTY: ["a folder that is not empty has its name", "Move that away"],
  EMFILE: [
    "this process may not open any more files",
    "Raise the limit: `ulimit -n 65536` as root (Node.js takes all that is allowed already), or `nofile` of the container or service",
  ],
  ENFILE: ["the system may not open any more files", "End other programs, or raise fs.file-max"],
  ENOMEM: ["the system has no memory left", "End other programs, or use a machine with more"],
  EAGAIN: ["the system has nothing left to do it with for now", "End other programs, and try again"],
  EBUSY: ["another program holds it", "End that program"],
  ETXTBSY: ["another program holds it", "End that program"],
  EXDEV: ["it lies on another disk", "Keep the folder on one disk"],
  EMLINK: ["it has more links than the disk can count", "Use another folder"],
  EILSEQ: ["the disk has no such characters in its names", "Use plain letters, or another disk"],
  ECHARSET: ["the disk has no such characters in its names", "Use plain letters, or another disk"],
  EINVAL: ["the disk cannot do that, or not with such a name", "Use a disk of this machine"],
  ENODEV: ["the disk is gone", "Connect it again"],
  ENXIO: ["the disk is gone", "Connect it again"],
  ENOTSUP: ["this disk cannot do that", "Use a disk of this machine"],
  EOPNOTSUPP: ["this disk cannot do that", "Use a disk of this machine"],
  ENOSYS: ["this disk cannot do that", "Use a disk of this machine"],
  ENOLCK: ["the server has no locks left", "Use a disk of this machine"],
};

/** What a missing name means depends on what was wanted of it. */
const missing: Readonly<Record<"read" | "write", Words>> = {
  read: ["there is no such file or folder", "Correct the path"],
  write: ["its folder is gone", "Bring it back"],
};

/**
 * An error of the system, in words; `undefined` for what no system has thrown.
 *
 * @param wanted what was being done
 */
export function systemProblem(cause: unknown, wanted: "read" | "write"): SystemProblem | undefined {
  const code = codeOf(cause);
  if (code === undefined) return undefined;
  const [problem, remedy] = (code === "ENOENT" ? missing[wanted] : problems[code]) ?? [
    described(code) ?? messageOf(cause),
    "Look after the disk",
  ];
  return { code, problem, remedy };
}

/**
 * Whether it is this machine, and not the file, that would not have it: whoever tries again later may find the file
 * healthy, so that nobody must pass it over.
 */
export function isPassing(cause: unknown): boolean {
  return ["EMFILE", "ENFILE", "ENOMEM", "EAGAIN", "EINTR"].includes(codeOf(cause) ?? "");
}

/** Node.js has no names for some codes (EDQUOT and ESTALE among them), and says "Unknown system error -122". */
function codeOf(cause: unknown): string | undefined {
  if (typeof cause !== "object" || cause === null) return undefined;
  const { code, errno } = cause as NodeJS.ErrnoException;
  if (typeof code !== "string") return undefined;
  if (/^E[A-Z0-9]+$/.test(code)) return code;
  const number = Number(/^Unknown system error -(\d+)$/.exec(code)?.[1] ?? Math.abs(errno ?? Number.NaN));
  return Object.entries(constants.errno).find(([, value]) => value === number)?.[0];
}

function described(code: string): string | undefined {
  return [...getSystemErrorMap().values()].find(([name]) => name === code)?.[1];
}
