import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const script = fileURLToPath(new URL("../../support/stalling-run.ts", import.meta.url));

/** @param seconds of silence that are allowed at least */
function run(how: string, seconds: number, factor = 10) {
  const child = spawn(process.execPath, ["--import", "tsx", script, how, String(seconds), String(factor)]);
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk;
  });
  child.stderr.on("data", (chunk: Buffer) => {
    err += chunk;
  });
  return new Promise<{ code: number | null; signal: string | null; out: string; err: string }>((resolve) =>
    child.on("close", (code, signal) => resolve({ code, signal, out, err })),
  );
}

describe("a run that shows no sign of life", { timeout: 240_000, concurrent: true }, () => {
  test("since a kernel never returns is ended from another thread, which names hook, plugin, step and engine", async () => {
    const { signal, err, out } = await run("forward", 3, 1);
    expect(signal).toBe("SIGALRM");
    expect(out).toBe("");
    expect(err).toMatch(
      /^FGKD_STALLED hooks\.forward of \[suspect\] has not returned for \d+ s \(stage "student", epoch 2, step 2, engine "cpu"\)\. /m,
    );
    expect(err).toContain("--resume");
  });

  test("since a promise is never kept is ended as well, and told apart", async () => {
    const { signal, err } = await run("batch", 3, 1);
    expect(signal).toBe("SIGALRM");
    expect(err).toContain("FGKD_STALLED hooks.batch of [suspect] has not come to its end for");
  });
});

// How long a silence was is a matter of the clock, which a busy machine bends: `npm run test:long` asks.
describe.runIf(process.env.FGKD_LONG_RUN)("a run that is slow", { timeout: 240_000 }, () => {
  test("is let be while it sets up, as long as the event loop turns", async () => {
    expect(await run("setup", 3, 1)).toMatchObject({ code: 0, out: "9 steps\n" });
  });

  test("is given more time when it has been silent for long before", async () => {
    expect(await run("slow", 3, 10)).toMatchObject({ code: 0, out: "9 steps\n" });
  });

  test("is given no more time when it has not", async () => {
    expect(await run("slow", 3, 1)).toMatchObject({ signal: "SIGALRM" });
  });
});
