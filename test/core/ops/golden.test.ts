import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { gelu, groupNorm, layerNorm, logSoftmax, softmax } from "../../../core/ops/index.js";
import { engineNames, startEngine } from "../../support/engines.js";
import "../../support/matchers.js";

interface GoldenCase {
  readonly op: keyof typeof compute;
  readonly options: { readonly epsilon?: number; readonly groups?: number };
  readonly shape: number[];
  readonly inputs: Readonly<Record<string, number[]>>;
  readonly outputs: Readonly<Record<string, number[]>>;
}

type Compute = (inputs: tf.Tensor[], options: GoldenCase["options"]) => tf.Tensor;

const compute = {
  layerNorm: ([x, scale, offset], options) =>
    layerNorm(x as tf.Tensor, scale as tf.Tensor1D, offset as tf.Tensor1D, options),
  groupNorm: ([x, scale, offset], options) =>
    groupNorm(x as tf.Tensor, scale as tf.Tensor1D, offset as tf.Tensor1D, options),
  gelu: ([x]) => gelu(x as tf.Tensor),
  softmax: ([x]) => softmax(x as tf.Tensor),
  logSoftmax: ([x]) => logSoftmax(x as tf.Tensor),
} satisfies Record<string, Compute>;

/** How the file was made stands in it. */
const { cases } = JSON.parse(readFileSync(new URL("../../golden/ops.json", import.meta.url), "utf8")) as {
  cases: GoldenCase[];
};

const gradientOf: Readonly<Record<string, string>> = { x: "dx", scale: "dScale", offset: "dOffset" };

describe.each(engineNames)("operations on %s equal PyTorch's, golden", (engine) => {
  beforeAll(() => startEngine(engine));

  test.each(cases)("$op of $shape with $options, and its gradients", ({ op, options, shape, inputs, outputs }) => {
    const { dy = [], ...others } = inputs;
    const tensors = Object.entries(others).map(([name, values]) => tf.tensor(values, name === "x" ? shape : undefined));
    const run: Compute = compute[op];
    // What float32 can tell of values around the mean.
    const mean = others.x?.reduce((sum, value) => sum + value, 0) as number;
    const size = Math.abs(mean / (others.x?.length as number));
    const tolerance = { relative: 1e-5, absolute: 1e-5 + size * 1e-6 };
    expect(run(tensors, options)).toBeAllclose(tf.tensor(outputs.y as number[], shape), tolerance);
    const gradients = tf.grads((...parts) => run(parts, options).mul(tf.tensor(dy, shape)).sum())(tensors);
    Object.keys(others).forEach((name, i) => {
      expect(gradients[i] as tf.Tensor).toBeAllclose(outputs[gradientOf[name] as string] as number[], tolerance);
    });
  });
});
