import { describe, expect, test } from "vitest";
import { trainApart } from "../../../support/native-training.js";
import { available } from "./both.js";

describe.skipIf(!available)("500 steps on onednn", () => {
  test.each(["f32", "bf16"] as const)(
    "keep the number of tensors, and the resident memory after the first 20, in %s",
    async (precision) => {
      const { tensors, settled } = await trainApart({ steps: 500, epoch: 600, engine: { precision } });
      expect(tensors).toHaveLength(500);
      expect(new Set(tensors.slice(1)).size).toBe(1);
      const [early = 0, ...later] = settled;
      expect(later).toHaveLength(24);
      // A leak of one small map a step, 16 KiB, would come to 7.5 MiB.
      expect(Math.max(...later) - early).toBeLessThan(6);
    },
    240_000,
  );
});
