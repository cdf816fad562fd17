import { describe, expect, test, vi } from "vitest";
import { startOwnTime, withinOwnTime } from "../../../core/watchdogs/own-time.js";

const never = new Promise<never>(() => {});
const late = () => new Error("late");
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** To the event loop a process that was stopped, and one that had no turn, look alike: time is gone. */
function suspend(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

describe("a process's own time", () => {
  test("goes on while the event loop turns", async () => {
    const time = startOwnTime();
    await pause(600);
    expect(time.read()).toBeGreaterThan(400);
    time.stop();
  });

  test("stands still while the process does", () => {
    const time = startOwnTime();
    suspend(1500);
    expect(time.read()).toBeLessThanOrEqual(500);
    time.stop();
  });
});

describe("work with a limit", () => {
  test("hands on what it returns, or throws, in time", async () => {
    await expect(withinOwnTime(Promise.resolve("done"), 1, late)).resolves.toBe("done");
    await expect(withinOwnTime(Promise.reject(new Error("its own")), 1, late)).rejects.toThrow("its own");
  });

  test("is late when the limit has passed", async () => {
    await expect(withinOwnTime(never, 0.3, late)).rejects.toThrow("late");
  });

  test("is not late because the process was suspended for longer than the limit", async () => {
    const work = pause(200).then(() => "done");
    const result = withinOwnTime(work, 1, late);
    suspend(1500);
    await expect(result).resolves.toBe("done");
  });

  test.each([
    ["a little more than timers can count", 2_147_484],
    ["more than a millennium", 1e11],
    ["for ever", Number.POSITIVE_INFINITY],
  ])("waits %s", async (_, seconds) => {
    const work = pause(600).then(() => "done");
    await expect(withinOwnTime(work, seconds, late)).resolves.toBe("done");
  });

  test("leaves no timer behind", async () => {
    const [started, ended] = [vi.spyOn(globalThis, "setInterval"), vi.spyOn(globalThis, "clearInterval")];
    await withinOwnTime(Promise.resolve(), 1, late);
    expect(ended.mock.calls.map(([timer]) => timer)).toEqual(started.mock.results.map(({ value }) => value));
    vi.restoreAllMocks();
  });
});
