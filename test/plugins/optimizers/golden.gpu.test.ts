import { beforeAll, describe, test } from "vitest";
import { hasGpu, startGpu } from "../../support/gpu.js";
import { expectGoldenSteps, goldenSteps } from "./golden-steps.js";

describe.skipIf(!hasGpu)("on the engine webgpu", () => {
  beforeAll(startGpu);

  test.each(goldenSteps)("$name with $options takes PyTorch's steps", expectGoldenSteps);
});
