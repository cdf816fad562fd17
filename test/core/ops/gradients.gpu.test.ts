import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, test } from "vitest";
import { expectSame } from "../../plugins/engines/webgpu/compare.js";
import { hasGpu, startGpu } from "../../support/gpu.js";
import { all } from "./gradient-checks.js";

describe.skipIf(!hasGpu)("on the engine webgpu", () => {
  beforeAll(startGpu);

  // Finite differences of a GPU would be mostly rounding, and one read each: those of the JavaScript backend are held against
  // differences beside this file.
  test.each(all)("$name $of and its gradient are those of the JavaScript backend", async ({ compute, inputs }) => {
    await expectSame(() => {
      const y = compute(...inputs());
      // Not made there: a cosine has four digits in WGSL.
      const weights = tf.tensor(
        Float32Array.from({ length: y.size }, (_, at) => Math.cos(1.7 * at)),
        y.shape,
      );
      return [
        y,
        ...tf.grads((...xs) =>
          compute(...xs)
            .mul(weights)
            .sum(),
        )(inputs()),
      ];
    }, 2e-5);
  });
});
