/** ConvNeXt and DeiT on a GPU against the reference values, judged as on every other engine. */
import { describe } from "vitest";
import { gpuEngine, hasGpu } from "../../support/gpu.js";
import { compareTokens } from "./token-golden.js";

describe.skipIf(!hasGpu)("the reference networks", () => {
  compareTokens(gpuEngine);
});
