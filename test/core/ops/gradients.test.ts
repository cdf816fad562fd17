import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import * as ops from "../../../core/ops/index.js";
import { gradientError } from "../../../core/testing/index.js";
import { engineNames, startEngine } from "../../support/engines.js";
import { all, checks } from "./gradient-checks.js";

test("every operation of fgkd/ops is differentiated here, or its entry says why not", () => {
  expect(Object.keys(checks).sort()).toEqual(Object.keys(ops).sort());
});

describe.each(engineNames)("the gradient on %s", (engine) => {
  beforeAll(() => startEngine(engine));

  test.each(all)("of $name $of is what finite differences give", ({ compute, inputs, step }) => {
    const tensors = inputs();
    expect(gradientError(compute, tensors, { ...(step && { step }), samples: 30 })).toBeLessThan(3e-3);
    tf.dispose(tensors);
  });
});
