import { describe, expect, test } from "vitest";
import { runStalling } from "../../../support/stalls.js";

// How long a silence was is a matter of the clock, which a busy machine bends.
describe("a run that is slow", { timeout: 240_000 }, () => {
  test("is let be while it sets up, as long as the event loop turns", async () => {
    expect(await runStalling("setup", 3, 1)).toMatchObject({ code: 0, out: "9 steps\n" });
  });

  test("is given more time when it has been silent for long before", async () => {
    expect(await runStalling("slow", 3, 10)).toMatchObject({ code: 0, out: "9 steps\n" });
  });

  test("is given no more time when it has not", async () => {
    expect(await runStalling("slow", 3, 1)).toMatchObject({ signal: "SIGALRM" });
  });
});
