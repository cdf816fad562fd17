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
      const weights = tf.range(0, y.size).mul(1.7).cos().reshape(y.shape);
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
