import { describe, expect, test } from "vitest";
import { availableThreads, type ReadFile } from "../../../../plugins/engines/onednn/threads.js";
import { onednnEngine } from "../../../../plugins/engines/onednn.js";
import { trainApart } from "../../../support/native-training.js";
import { available } from "./both.js";

const none: ReadFile = () => null;
const files =
  (contents: Readonly<Record<string, string>>): ReadFile =>
  (path) =>
    contents[path] ?? null;

describe("the number of threads", () => {
  test("is that of the cores", () => {
    expect(availableThreads(8, {}, none)).toBe(8);
  });

  test.each([
    ["400000 100000\n", 4],
    ["150000 100000\n", 2],
    ["50000 100000\n", 1],
    ["max 100000\n", 8],
    ["nonsense", 8],
  ])("keeps within a container's quota of %j", (quota, threads) => {
    expect(availableThreads(8, {}, files({ "/sys/fs/cgroup/cpu.max": quota }))).toBe(threads);
  });

  test("keeps within a quota as older systems tell it", () => {
    const quota = (time: string) =>
      files({ "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": time, "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000" });
    expect(availableThreads(8, {}, quota("300000"))).toBe(3);
    expect(availableThreads(8, {}, quota("-1"))).toBe(8);
  });

  test("is lowered by OMP_NUM_THREADS, and not raised", () => {
    expect(availableThreads(8, { OMP_NUM_THREADS: "2" }, none)).toBe(2);
    expect(availableThreads(8, { OMP_NUM_THREADS: "64" }, none)).toBe(8);
    expect(availableThreads(8, { OMP_NUM_THREADS: "many" }, none)).toBe(8);
  });

  test.each([0, -1, 1.5, Number.NaN, 5000])("is refused where it is %d", (threads) => {
    expect(() => onednnEngine({ threads })).toThrow('option "threads" must be a whole number');
  });
});

describe.skipIf(!available)("training with threads", () => {
  test("repeats to the byte with as many threads, one or more than there are cores", async () => {
    for (const threads of [1, 3]) {
      const [first, second] = [await trainApart({ steps: 3, threads }), await trainApart({ steps: 3, threads })];
      expect(first.digest).toBe(second.digest);
    }
  }, 120_000);
});
