/** The reference networks that an adapter made of software takes minutes for. */
import { describe } from "vitest";
import { gpuEngine, hasGpu, isSoftwareGpu } from "../../support/gpu.js";
import { compareFamilies } from "./families-golden.js";
import { compareResnets } from "./resnet-golden.js";
import { compareVgg } from "./vgg-golden.js";

describe.skipIf(!hasGpu)("the reference networks", () => {
  compareResnets(gpuEngine, ["resnet-bottleneck"]);
  compareFamilies(gpuEngine, ["mobilenet-v2", "efficientnet"]);
  // SwiftShader takes more than 19 GB to compile their first convolution, of three channels on 64×64 pixels.
  if (!isSoftwareGpu) compareVgg(gpuEngine, ["vgg-bn-features", "vgg-features"]);
});
