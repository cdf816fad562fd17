/** VGG on a GPU against the reference values, judged as on every other engine. */
import { describe } from "vitest";
import { gpuEngine, hasGpu } from "../../support/gpu.js";
import { compareVgg } from "./vgg-golden.js";

describe.skipIf(!hasGpu)("the reference networks", () => {
  compareVgg(gpuEngine);
});
