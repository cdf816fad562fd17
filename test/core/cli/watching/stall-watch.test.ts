import { describe, expect, test } from "vitest";
import { runStalling } from "../../../support/stalls.js";

describe("a run that shows no sign of life", { timeout: 240_000, concurrent: true }, () => {
  test("since a kernel never returns is ended from another thread, which names hook, plugin, step and engine", async () => {
    const { signal, err, out } = await runStalling("forward", 3, 1);
    expect(signal).toBe("SIGALRM");
    expect(out).toBe("");
    expect(err).toMatch(
      /^FGKD_STALLED hooks\.forward of \[suspect\] has not returned for \d+ s \(stage "student", epoch 2, step 2, engine "cpu"\)\. /m,
    );
    expect(err).toContain("--resume");
  });

  test("since a promise is never kept is ended as well, and told apart", async () => {
    const { signal, err } = await runStalling("batch", 3, 1);
    expect(signal).toBe("SIGALRM");
    expect(err).toContain("FGKD_STALLED hooks.batch of [suspect] has not come to its end for");
  });
});
