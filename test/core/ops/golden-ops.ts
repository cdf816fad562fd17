/** Operations and their gradients as PyTorch has them, on the engine that is started. How the file was made stands in it. */
import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs";
import { expect } from "vitest";
import { gelu, groupNorm, layerNorm, logSoftmax, softmax } from "../../../core/ops/index.js";
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

export const goldenOps: readonly GoldenCase[] = JSON.parse(
  readFileSync(new URL("../../golden/ops.json", import.meta.url), "utf8"),
).cases;

const gradientOf: Readonly<Record<string, string>> = { x: "dx", scale: "dScale", offset: "dOffset" };

export async function expectGoldenOp({ op, options, shape, inputs, outputs }: GoldenCase): Promise<void> {
  const { dy = [], ...others } = inputs;
  const run: Compute = compute[op];
  // What float32 can tell of values around the mean.
  const mean = others.x?.reduce((sum, value) => sum + value, 0) as number;
  const size = Math.abs(mean / (others.x?.length as number));
  const tolerance = { relative: 1e-5, absolute: 1e-5 + size * 1e-6 };
  const found = tf.tidy(() => {
    const tensors = Object.entries(others).map(([name, values]) => tf.tensor(values, name === "x" ? shape : undefined));
    const gradients = tf.grads((...parts) => run(parts, options).mul(tf.tensor(dy, shape)).sum())(tensors);
    return [run(tensors, options), ...gradients];
  });
  const wanted = ["y", ...Object.keys(others).map((name) => gradientOf[name] as string)];
  for (const [at, name] of wanted.entries())
    expect([...(await (found[at] as tf.Tensor).data())], name).toBeAllclose(outputs[name] as number[], tolerance);
  tf.dispose(found);
}
