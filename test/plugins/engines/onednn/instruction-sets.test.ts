import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { available } from "./both.js";

/** What the engine finds in a process with such a limit on fgkd's own loops. */
async function checkWith(limit: string): Promise<string> {
  const script = `
    const { checkOnednn } = await import("./plugins/engines/onednn/index.ts");
    process.stdout.write(JSON.stringify(checkOnednn()));`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--import", "tsx", "--input-type=module", "-e", script],
    { cwd: new URL("../../../..", import.meta.url).pathname, env: { ...process.env, FGKD_MAX_CPU_ISA: limit } },
  );
  return stdout;
}

describe.skipIf(!available)("the loops of onednn", () => {
  test("can be held down to older processors' instructions, which its version then tells", async () => {
    expect(await checkWith("baseline")).toMatch(/"version":"oneDNN [^"]+, loops for baseline"/);
    expect(await checkWith("")).not.toContain("loops for");
  }, 60_000);

  test("refuse a set of instructions that is none", async () => {
    expect(await checkWith("axv2")).toContain(
      'FGKD_MAX_CPU_ISA is \\"axv2\\", must be baseline, avx2, avx512 or avx512_bf16',
    );
  }, 60_000);
});
