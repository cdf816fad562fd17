import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const script = fileURLToPath(new URL("../../../newer/run.sh", import.meta.url));
const maker = fileURLToPath(new URL("../../../../../shared/bench/newer-debian.sh", import.meta.url));
const { FGKD_NEWER_DEBIAN: root = "" } = process.env;

/** What of it this machine lacks; `null` when it can run. */
function lacks(): string | null {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "it needs Linux, and to be root, for chroot";
  if (root === "") return `FGKD_NEWER_DEBIAN names no folder; ${maker} FOLDER libdnnl-dev g++ makes one`;
  return existsSync(`${root}/usr/include/dnnl.hpp`) ? null : `${root} has no libdnnl-dev`;
}

const lack = lacks();

/** What the script says; both streams in one, for a compiler's words are on the second. */
function run(what: string): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync(script, [root, what], { encoding: "utf8", maxBuffer: 1 << 28 });
  return { status, said: `${stdout}${stderr}` };
}

describe.skipIf(lack !== null)(`onednn on oneDNN 3 (${lack ?? root})`, () => {
  test("compiles, and passes its own suites", { timeout: 3_600_000 }, () => {
    const { status, said } = run("vitest");
    expect(said).toMatch(/^oneDNN 3\./m);
    expect(status, said.slice(-4000)).toBe(0);
  });

  test("passes tfjs' own suite", { timeout: 3_600_000 }, () => {
    const { status, said } = run("conformance");
    expect(status, said.slice(-4000)).toBe(0);
  });
});
