/** The losses on a GPU against the reference values, judged as on every other engine. */
import { beforeAll, describe, expect, test } from "vitest";
import { hasGpu, startGpu } from "../../support/gpu.js";
import { allGoldenLosses } from "./golden.js";
import { expectGolden, goldenKinds } from "./golden-cases.js";

describe.skipIf(!hasGpu)("on the engine webgpu", () => {
  beforeAll(startGpu);

  test.each(allGoldenLosses)("$loss with $options equals the golden value and gradient", expectGolden);
});

test("every loss that is pinned is compared", () => {
  expect([...new Set(allGoldenLosses.map(({ loss }) => loss))].sort()).toEqual([...goldenKinds].sort());
});
