/** Residual networks on a GPU against the reference values, judged as on every other engine. golden-gpu.slow.test.ts has more. */
import { describe } from "vitest";
import { gpuEngine, hasGpu } from "../../support/gpu.js";
import { compareFamilies } from "./families-golden.js";
import { compareResnets } from "./resnet-golden.js";

describe.skipIf(!hasGpu)("the reference networks", () => {
  compareResnets(gpuEngine, ["resnet-basic"]);
  compareFamilies(gpuEngine, ["bit-resnetv2"]);
});
