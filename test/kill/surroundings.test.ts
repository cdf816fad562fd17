/** Outputs that cannot be written, warnings of schedulers, and Ctrl-C while the process computes: real processes. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeDots } from "./dots.js";
import { fgkd, hasCheckpoint, requireBuild, whenPrinted, whenTrue } from "./process.js";

let cwd = "";

/** A plugin that computes for so many milliseconds in every step, and lets nobody else have a turn. */
const busy = (milliseconds: number) => `
import { writeFileSync } from "node:fs";
import { definePlugin } from "fgkd";
export const busy = definePlugin({ name: "busy", defaults: {}, apply({ hooks }) {
  hooks.forward.tap("busy", (outputs, _, { index }) => {
    if (index !== 1) return outputs;
    writeFileSync("computing", "");
    for (const end = Date.now() + ${milliseconds}; Date.now() < end; );
    return outputs;
  });
} });
`;

beforeAll(async () => {
  requireBuild();
  cwd = await mkdtemp(join(tmpdir(), "fgkd-surroundings-"));
  await writeDots(cwd);
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const train = (out: string, more: readonly string[] = []) => ["--preset", "./dots.mjs", "--out", out, ...more];

describe("an output that cannot be written", () => {
  const through = (redirections: string) => ["sh", "-c", `"$@" ${redirections}`, "sh"];

  test.each([
    [
      "standard output",
      "> /dev/full",
      /^FGKD_STORAGE standard output could not be written: the disk is full \(ENOSPC\)/,
    ],
    ["both", "> /dev/full 2> /dev/full", /^$/],
    ["standard error", "2> /dev/full", /^$/],
  ])("is dropped, and training goes on: %s", async (name, redirections, told) => {
    const run = `full-${name.replace(" ", "-")}`;
    const ended = await fgkd(train(run), { cwd, through: through(redirections) });
    expect(ended.code).toBe(0);
    expect(ended.err).toMatch(told);
    expect(readdirSync(join(cwd, run))).toContain("result.json");
  });

  test("is no result: a command whose output is lost says so by its code", async () => {
    expect(await fgkd(["list"], { cwd, through: through("> /dev/full") })).toMatchObject({ code: 74 });
    expect(await fgkd(["list"], { cwd, through: through("2> /dev/full") })).toMatchObject({ code: 0 });
  });
});

/** Whether a process has a handler of SIGXCPU, for which Node.js itself has none: then it has those of the others. */
function listens(pid: number): boolean {
  const caught = /^SigCgt:\s*(\w+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0";
  return ((BigInt(`0x${caught}`) >> BigInt(constants.signals.SIGXCPU - 1)) & 1n) === 1n;
}

describe("a scheduler's warning", () => {
  test("asks once, however often it comes, and is no demand to end at once", async () => {
    const options = ["--set", "data.name=dots", "--set", "data.wait=700"];
    const ended = await fgkd(train("warned", options), {
      cwd,
      meanwhile: (child) =>
        whenPrinted(child, "epoch 1/40", () => {
          const repeat = setInterval(() => child.kill("SIGXCPU"), 50);
          child.on("close", () => clearInterval(repeat));
          // A process that ends has no handlers any more.
          whenPrinted(child, /Stopped (after|in)/, () => clearInterval(repeat));
        }),
    });
    expect(ended).toMatchObject({ code: 152, out: expect.stringContaining("with a checkpoint") });
    expect(ended.err.match(/A scheduler's warning \(SIGXCPU\): stopping after this step\./g)).toHaveLength(1);
    expect(hasCheckpoint(join(cwd, "warned"))).toBe(true);
  });

  test.runIf(process.platform === "linux")("opens no debugger's port before anything runs, either", async () => {
    const ended = await fgkd(train("never"), {
      cwd,
      meanwhile: (child) =>
        whenTrue(
          child,
          () => listens(child.pid as number),
          () => child.kill("SIGUSR1"),
        ),
    });
    expect(ended.err).not.toContain("Debugger");
    expect(ended.code).toBe(138);
  });
});

describe("Ctrl-C while the process computes", () => {
  const computing = () => readdirSync(cwd).includes("computing");
  /** @param times when it is pressed, in milliseconds after the step has begun to compute */
  const pressed = async (run: string, times: readonly number[]) => {
    await rm(join(cwd, "computing"), { force: true });
    writeFileSync(join(cwd, "busy.mjs"), busy(6000));
    writeFileSync(join(cwd, "busy.json"), JSON.stringify({ plugins: ["./busy.mjs"] }));
    let first = 0;
    const answers: number[] = [];
    const ended = await fgkd(train(run, ["--config", "busy.json"]), {
      cwd,
      meanwhile: (child) => {
        child.stderr?.on("data", () => answers.push(performance.now() - first));
        whenTrue(child, computing, () => {
          first = performance.now() + (times[0] ?? 0);
          for (const time of times) setTimeout(() => child.kill("SIGINT"), time);
        });
      },
    });
    return { ...ended, answer: answers.find((time) => time > 0), took: performance.now() - first };
  };

  test("is answered within a second, once, and the step is finished", async () => {
    const { code, err, answer, took } = await pressed("pressed", [500]);
    expect(err).toBe("Ctrl-C: stopping after this step. Once more stops at once, without a checkpoint.\n");
    expect(answer).toBeLessThan(1000);
    expect(took).toBeGreaterThan(3000);
    expect(code).toBe(130);
    expect(hasCheckpoint(join(cwd, "pressed"))).toBe(true);
  });

  test("counts once when npm passes it on", async () => {
    const { code, err } = await pressed("twice", [500, 510, 520, 600]);
    expect(err).toBe("Ctrl-C: stopping after this step. Once more stops at once, without a checkpoint.\n");
    expect(code).toBe(130);
  });

  test("ends the process at once when it comes again", async () => {
    const { signal, took } = await pressed("again", [500, 1600]);
    expect(signal).toBe("SIGINT");
    expect(took).toBeLessThan(3500);
  });
});
