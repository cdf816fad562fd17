import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findPeer } from "./opponent.js";

describe("a peer's Python", () => {
  test("that is in no such folder is told as lacking, and nothing is made there", () => {
    expect(findPeer("chroot /nowhere/at/all python3").lacks).toMatch(/\/nowhere\/at\/all|is not there/);
  });

  test("that does not start is told as lacking", () => {
    expect(findPeer("no-such-python").lacks).toMatch(/no-such-python|is not there/);
  });
});

const steps = fileURLToPath(new URL("../../../shared/bench/pytorch_steps.py", import.meta.url));
const lack = existsSync(steps) ? null : "../shared/bench/pytorch_steps.py is not there";

describe.skipIf(lack !== null)(`a peer whose libraries print lines of their own (${lack ?? "here"})`, () => {
  let folder = "";

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "fgkd-peer-"));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** A program in Python's place, of these lines of a shell. */
  function python(...lines: readonly string[]): string {
    const file = join(folder, "python");
    writeFileSync(file, ["#!/bin/sh", ...lines].join("\n"));
    chmodSync(file, 0o755);
    return file;
  }

  test("is known by the answer among them", () => {
    const peer = findPeer(
      python("echo '[0.1] UCX ERROR failed to open /proc'", `echo '{"ready": "PyTorch 9"}'`, "echo 7"),
    );
    expect(peer.lacks).toBeUndefined();
    expect(peer.name).toBe("PyTorch 9");
  });

  test("is lacking where none of them is an answer, in the words of its last line", () => {
    const { lacks } = findPeer(python("echo one", "echo two"));
    expect(lacks).toContain('printed "two" where peer.py says which PyTorch it is');
  });

  test("is heard at work, line by line", async () => {
    const said = `{"ready": "PyTorch 9", "seconds": 3}`;
    const file = python("echo UCX", `echo '${said}'`, "read command || exit 0", "echo UCX", `echo '{"seconds": 2}'`);
    const opponent = await findPeer(file).start("train", 1);
    expect(opponent.seconds).toBe(3);
    expect(await opponent.ask({ command: "steps" })).toEqual({ seconds: 2 });
    opponent.quit();
  });
});
