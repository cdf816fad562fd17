/** The reference networks that an adapter made of software takes minutes for. */
import { describe } from "vitest";
import { gpuEngine, hasGpu } from "../../support/gpu.js";
import { compareFamilies } from "./families-golden.js";
import { compareResnets } from "./resnet-golden.js";

describe.skipIf(!hasGpu)("the reference networks", () => {
  compareResnets(gpuEngine, ["resnet-bottleneck"]);
  compareFamilies(gpuEngine, ["mobilenet-v2", "efficientnet"]);
});
