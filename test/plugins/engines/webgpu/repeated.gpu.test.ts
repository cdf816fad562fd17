import { beforeAll, describe } from "vitest";
import { webgpuEngine } from "../../../../plugins/engines/webgpu.js";
import { hasGpu, useGpu } from "../../../support/gpu.js";
import { testRepeating } from "../../../support/repeated.js";

describe.skipIf(!hasGpu)("passes that are run again without their layers", () => {
  beforeAll(useGpu);

  testRepeating(() => webgpuEngine({}));
});
