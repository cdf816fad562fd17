import { describe, expect, test } from "vitest";
import { type NativeTraining, trainApart } from "../../../support/native-training.js";
import { available } from "./both.js";

const cases: readonly (readonly [what: string, precision: "f32" | "bf16", method: Partial<NativeTraining>])[] = [
  ["training", "f32", {}],
  ["training", "bf16", {}],
  ["distillation with SnapMix", "f32", { distils: true }],
  ["distillation with SnapMix", "bf16", { distils: true }],
];

describe.skipIf(!available)("500 steps on onednn", () => {
  test.each(cases)(
    "of %s in %s keep tensors, their bytes and buffers, and the resident memory",
    async (_what, precision, method) => {
      const { tensors, holds, settled } = await trainApart({
        steps: 500,
        epoch: 600,
        engine: { precision },
        ...method,
      });
      expect(tensors).toHaveLength(500);
      expect(new Set(tensors.slice(1)).size).toBe(1);
      expect(new Set(holds.slice(1).map(({ bytes, buffers }) => `${bytes} bytes in ${buffers}`)).size).toBe(1);
      const [early = 0, ...later] = settled.slice(method.distils ? 4 : 0);
      expect(later.length).toBeGreaterThanOrEqual(20);
      // A leak of one small map a step, 16 KiB, would come to 6.3 MiB at least.
      expect(Math.max(...later) - early).toBeLessThan(6);
    },
    480_000,
  );
});
