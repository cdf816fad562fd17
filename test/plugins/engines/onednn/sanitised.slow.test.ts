import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { available } from "./both.js";

const script = fileURLToPath(new URL("../../../sanitised/run.sh", import.meta.url));

const { CXX: compiler = "c++" } = process.env;

/** What of it this machine lacks; `null` when it can run. */
function lacks(): string | null {
  if (process.platform !== "linux") return "it needs Linux, for unshare";
  if (!available) return "the engine is not built here";
  const { stdout } = spawnSync(compiler, ["-print-file-name=libasan.so"], { encoding: "utf8" });
  return stdout?.startsWith("/") ? null : "the compiler has no libasan.so";
}

const lack = lacks();

describe.skipIf(lack !== null)(
  `native code with AddressSanitizer and UndefinedBehaviorSanitizer (${lack ?? "here"})`,
  () => {
    test("passes its suites without a report", { timeout: 7_200_000 }, () => {
      const { status, stdout, stderr } = spawnSync(script, [], { encoding: "utf8", maxBuffer: 1 << 28 });
      expect(status, `${stdout}${stderr}`.slice(-8000)).toBe(0);
    });
  },
);
