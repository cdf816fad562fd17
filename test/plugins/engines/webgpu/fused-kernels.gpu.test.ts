import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import type { FusedKernel } from "../../../../core/ops/index.js";
import { fusedKernels } from "../../../../core/ops/index.js";
import { hasGpu, startGpu } from "../../../support/gpu.js";
import { uses } from "../fused-uses.js";
import { expectSame } from "./compare.js";

describe.skipIf(!hasGpu)("on the engine webgpu", () => {
  beforeAll(startGpu);

  test("every fused kernel is there, but for those that end a residual block, which are two passes there", () => {
    const names = tf.getKernelsForBackend("webgpu").map(({ kernelName }) => kernelName);
    const twice = ["FgkdConvAddRelu", "FgkdBatchNormAddRelu"];
    const wanted = Object.keys(fusedKernels).filter((name) => !twice.includes(name));
    expect(names.filter((name) => name.startsWith("Fgkd")).sort()).toEqual(wanted.sort());
  });

  test.each(Object.keys(uses) as FusedKernel[])(
    "%s computes what runs without it, in plain JavaScript",
    async (name) => {
      await expectSame(() => [...uses[name]()], 1e-5);
    },
  );
});
