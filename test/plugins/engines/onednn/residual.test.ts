import { beforeAll, describe, test } from "vitest";
import { startOnednn } from "../../../../plugins/engines/onednn/index.js";
import { available } from "./both.js";
import { expectOneKernel, residualCases } from "./residual.js";

describe.skipIf(!available)("a convolution, a residual and a ReLU in one kernel have the bytes of two", () => {
  beforeAll(() => startOnednn());

  test.each(residualCases)("by %s", (...of) => expectOneKernel(of));
});
