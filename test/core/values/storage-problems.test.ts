import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, describe, expect, test } from "vitest";
import { tellFailure } from "../../../core/cli/failure.js";
import {
  isPassing,
  openRunFolder,
  readFailed,
  readSafetensors,
  storageFailed,
  systemProblem,
} from "../../../core/index.js";

const folder = mkdtempSync(join(tmpdir(), "fgkd-problems-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** As Node.js makes them: names it does not know become a sentence with the number. */
function systemError(code: string, more: object = {}): NodeJS.ErrnoException {
  const unnamed = ["EDQUOT", "ESTALE", "ENOLCK"].includes(code);
  const errno = -Number((constants.errno as Readonly<Record<string, number>>)[code]);
  const shown = unnamed ? `Unknown system error ${errno}` : code;
  return Object.assign(new Error(`${shown}: it failed`), { code: shown, errno, syscall: "read", ...more });
}

/** A shell's own `ulimit` lifts the soft limit alone, which Node.js has lifted by itself. */
const raise =
  "Raise the limit: `ulimit -n 65536` as root (Node.js takes all that is allowed already), or `nofile` of the container or service";

/** What the command says of an error, and its exit code. */
function told(error: unknown): { readonly text: string; readonly code: number } {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const code = tellFailure(error, {
    stdout,
    stderr,
    cwd: folder,
    variables: { NO_COLOR: "1" },
    load: () => Promise.reject(new Error("nothing is loaded")),
    now: () => 0,
    onStop: () => () => {},
  });
  return { text: String(stderr.read()), code };
}

describe("what the system refuses", () => {
  test.each([
    ["ENOSPC", "the disk is full", "Free some space"],
    ["EDQUOT", "the quota is used up", "Free some space"],
    ["EIO", "the disk failed to do it", "Look at the disk"],
    ["ESTALE", "the server has lost or replaced what was open there", "Mount the network disk anew"],
    ["ENAMETOOLONG", "the path, or a name in it, is longer than the system allows", "Choose a shorter one"],
    ["ELOOP", "links lead back to themselves", "Remove the link"],
    ["EROFS", "it is mounted read-only", "Make it writable"],
    ["EACCES", "permission is denied", "Restore the permission"],
    ["EMFILE", "this process may not open any more files", raise],
    ["ENOLCK", "the server has no locks left", "Use a disk of this machine"],
  ])("%s is put in words, with a remedy, for those who write and those who read", (code, problem, remedy) => {
    const written = storageFailed("runs/a/result.json", systemError(code));
    expect(written.message).toContain(`runs/a/result.json could not be written: ${problem} (${code}). ${remedy}`);
    expect(written.code).toBe("FGKD_STORAGE");
    const read = readFailed("photos", systemError(code));
    expect(read.message).toContain(`photos cannot be read: ${problem} (${code}). ${remedy}`);
    expect(read.code).toBe("FGKD_PATH");
  });

  test("of codes without an entry the system's own words are told, whatever Node.js calls them", () => {
    const codes = Object.keys(constants.errno).filter((code) => /^E[A-Z0-9]+$/.test(code));
    expect(codes.length).toBeGreaterThan(60);
    for (const code of codes) {
      const found = systemProblem(systemError(code), "read");
      expect(found?.problem, code).toMatch(/^[a-z"]/i);
      expect(found?.remedy, code).toMatch(/^[A-Z].*[^.]$/);
    }
  });

  test("a missing name means something else to who reads and to who writes", () => {
    expect(systemProblem(systemError("ENOENT"), "read")?.problem).toBe("there is no such file or folder");
    expect(systemProblem(systemError("ENOENT"), "write")?.problem).toBe("its folder is gone");
  });

  test("what no system has thrown is no problem of the system", () => {
    for (const other of [new Error("a"), { code: "ERR_INVALID_ARG_TYPE" }, { code: 7 }, null, undefined, "EIO"])
      expect(systemProblem(other, "read")).toBeUndefined();
  });

  test("what lies with the machine for the moment blames no file", () => {
    expect(["EMFILE", "ENOMEM"].map((code) => isPassing(systemError(code)))).toEqual([true, true]);
    expect(["EACCES", "ENOENT"].map((code) => isPassing(systemError(code)))).toEqual([false, false]);
  });

  test("it is told as a diagnostic wherever it comes from, without a stack", () => {
    expect(told(systemError("EMFILE", { syscall: "scandir", path: "/photos" }))).toEqual({
      text: `FGKD_PATH /photos cannot be read: this process may not open any more files (EMFILE). ${raise}.\n`,
      code: 1,
    });
    expect(told(systemError("EIO"))).toMatchObject({ text: expect.stringMatching(/^FGKD_PATH a file cannot be read/) });
    expect(told(systemError("EDQUOT", { syscall: "write" }))).toMatchObject({
      text: expect.stringMatching(/^FGKD_STORAGE a file could not be written: the quota is used up \(EDQUOT\)/),
      code: 74,
    });
    // What the system says of other things than files is a defect, and its stack is wanted.
    expect(told(systemError("EPERM", { syscall: "spawn" })).code).toBe(70);
  });

  test("real ones reach the same words: weights behind a loop of links, a run whose name is too long", async () => {
    const loop = join(folder, "loop.safetensors");
    symlinkSync(loop, loop);
    expect(() => readSafetensors(loop)).toThrow(
      `FGKD_PATH ${loop} cannot be read: links lead back to themselves (ELOOP). Remove the link.`,
    );
    expect(existsSync(loop)).toBe(false);
    const long = join(folder, "x".repeat(300));
    expect(() => readSafetensors(long)).toThrow(/is longer than the system allows \(ENAMETOOLONG\)/);
    expect(() => writeFileSync(long, "")).toThrow("ENAMETOOLONG");
    expect(() => readFileSync(folder)).toThrow("EISDIR");
    await expect(openRunFolder(long)).rejects.toThrow("holds no run");
  });
});
