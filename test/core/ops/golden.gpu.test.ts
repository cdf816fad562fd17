import { beforeAll, describe, test } from "vitest";
import { hasGpu, startGpu } from "../../support/gpu.js";
import { expectGoldenOp, goldenOps } from "./golden-ops.js";

describe.skipIf(!hasGpu)("operations on the engine webgpu equal PyTorch's, golden", () => {
  beforeAll(startGpu);

  test.each(goldenOps)("$op of $shape with $options, and its gradients", expectGoldenOp);
});
