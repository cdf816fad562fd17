import { beforeAll, describe, test } from "vitest";
import { hasGpu, startGpu } from "../../support/gpu.js";
import { goldenSnapmix } from "./golden.js";
import { expectGoldenMap, expectGoldenMixture } from "./golden-mixture.js";

describe.skipIf(!hasGpu)("SnapMix on the engine webgpu", () => {
  beforeAll(startGpu);

  test.each(goldenSnapmix)("mixes as golden case %# does", expectGoldenMixture);
  test.each(goldenSnapmix)("has the map of golden case %#", expectGoldenMap);
});
