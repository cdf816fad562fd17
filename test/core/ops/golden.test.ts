import { beforeAll, describe, test } from "vitest";
import { engineNames, startEngine } from "../../support/engines.js";
import { expectGoldenOp, goldenOps } from "./golden-ops.js";

describe.each(engineNames)("operations on %s equal PyTorch's, golden", (engine) => {
  beforeAll(() => startEngine(engine));

  test.each(goldenOps)("$op of $shape with $options, and its gradients", expectGoldenOp);
});
