import { describe, expect, test } from "vitest";
import * as own from "./vitest.js";

const outcome = (declare: () => void) => own.outcomeOf("file", async () => declare());

describe("the tests that run without vitest", () => {
  test("count what holds, and tell what does not by its name", async () => {
    const { passed, failed } = await outcome(() =>
      own.describe("sums", () => {
        own.test("hold", () => own.expect(Float32Array.of(1, Number.NaN)).toEqual(Float32Array.of(1, Number.NaN)));
        own.test.each([1, 2])("of %s are 1", (value) => own.expect(value).toBe(1));
      }),
    );
    expect(passed).toBe(2);
    expect(failed).toEqual([{ name: "file > sums > of 2 are 1", message: "toBe: 2, 1" }]);
  });

  test("await what a test awaits", async () => {
    const { passed, failed } = await outcome(() => {
      const lost = () => Promise.reject(new Error("device lost"));
      own.test("a refusal", () => own.expect(lost()).rejects.toThrow("lost"));
      own.test("another one", () => own.expect(lost()).rejects.toThrow("found"));
      own.test("none", () => own.expect(Promise.resolve(1)).rejects.toThrow());
    });
    expect([passed, failed.length]).toEqual([1, 2]);
  });

  test("leave out what is skipped, and count a file that does not load as failed", async () => {
    expect(
      await outcome(() => own.describe.skipIf(true)("never", () => own.test("x", () => own.expect(1).toBe(2)))),
    ).toEqual({
      passed: 0,
      failed: [],
    });
    const broken = await own.outcomeOf("file", () => Promise.reject(new Error("no such file")));
    expect(broken.failed).toHaveLength(1);
  });

  test("know every matcher, and its opposite", async () => {
    const { passed } = await outcome(() => {
      own.test("closeness", () => own.expect(1.001).not.toBeCloseTo(1, 3));
      own.test("objects", () => own.expect({ a: { b: 1, c: 2 } }).toMatchObject({ a: { b: 1 } }));
      own.test("other objects", () => own.expect({ a: 1 }).toMatchObject({ a: 2 }));
      own.test("texts", () => own.expect("abc").toMatch(/b/));
    });
    expect(passed).toBe(3);
  });
});
