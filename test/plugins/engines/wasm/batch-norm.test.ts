import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { startWasm } from "../../../../plugins/engines/wasm/index.js";
import { expectClose, type Outputs, randomInput, runOn } from "./kernels.js";

const epsilon = 1e-3;

/** What follows the affine map. */
interface Follows {
  readonly relu: boolean;
  readonly most: number;
}

/** The definition, written naively with tfjs' own ops and differentiated by its tape. */
async function reference(shape: readonly number[], { relu, most }: Follows, seeds: readonly number[], shift = 0) {
  await tf.setBackend("cpu");
  tf.engine().startScope();
  try {
    const channels = shape.at(-1) as number;
    const make = (shape: readonly number[], seed: number) =>
      tf.tensor(randomInput(shape, seed).values as Float32Array, [...shape]);
    const x = make(shape, seeds[0] as number).add(shift);
    const scale = make([channels], seeds[1] as number);
    const offset = make([channels], seeds[2] as number);
    const dy = make(shape, seeds[3] as number);
    const axes = shape.slice(0, -1).map((_, axis) => axis);
    const forward = (x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor) => {
      const mean = x.mean(axes);
      const centred = x.sub(mean);
      const variance = centred.square().mean(axes);
      const affine = centred.div(variance.add(epsilon).sqrt()).mul(scale).add(offset);
      return { y: relu ? affine.clipByValue(0, most) : affine, mean, variance };
    };
    const { y, mean, variance } = forward(x, scale, offset);
    const gradients = tf.grads((x, scale, offset) =>
      forward(x as tf.Tensor, scale as tf.Tensor, offset as tf.Tensor)
        .y.mul(dy)
        .sum(),
    );
    const values = (tensors: readonly tf.Tensor[]): Outputs =>
      tensors.map((tensor) => ({ shape: tensor.shape, values: tensor.dataSync() as Float32Array }));
    return {
      forward: values([y, mean, variance]),
      gradients: values(gradients([x, scale, offset])),
      x: values([x])[0],
    };
  } finally {
    tf.engine().endScope();
  }
}

const shapes = [
  [4, 5, 3, 7],
  [2, 1, 1, 3],
  [16, 1],
  [64, 12],
  [3, 6, 6, 32],
];
const cases = shapes.flatMap((shape) => [
  { shape, relu: false, most: Number.POSITIVE_INFINITY },
  { shape, relu: true, most: Number.POSITIVE_INFINITY },
  { shape, relu: true, most: 0.5 },
]);

describe("fused batch normalisation on wasm", () => {
  test.each(cases)(
    "equals the definition and its gradient: $shape, ReLU $relu up to $most",
    async ({ shape, ...then }) => {
      const channels = shape.at(-1) as number;
      const expected = await reference(shape, then, [1, 2, 3, 4]);
      const inputs = {
        x: randomInput(shape, 1),
        scale: randomInput([channels], 2),
        offset: randomInput([channels], 3),
      };
      const outputs = await runOn("wasm", "FgkdBatchNormTraining", inputs, { epsilon, ...then });
      expectClose(outputs, expected.forward);
      const [, mean, variance] = outputs as [Outputs[number], Outputs[number], Outputs[number]];
      const more = { ...inputs, dy: randomInput(shape, 4), mean, variance };
      const gradients = await runOn("wasm", "FgkdBatchNormTrainingGrad", more, { epsilon, ...then });
      expectClose(gradients, expected.gradients, 2e-5);
    },
  );

  test("keeps the variance's digits where the mean is large", async () => {
    await startWasm();
    const x = {
      shape: [1000, 2],
      values: Float32Array.from({ length: 2000 }, (_, at) => 4096 + (at % 4 < 2 ? 0.5 : -0.5)),
    };
    const ones = { shape: [2], values: [1, 1] };
    const [, mean, variance] = await runOn(
      "wasm",
      "FgkdBatchNormTraining",
      { x, scale: ones, offset: ones },
      { epsilon, relu: false },
    );
    expect(Array.from(mean?.values ?? [])).toEqual([4096, 4096]);
    expect(Array.from(variance?.values ?? [])).toEqual([0.25, 0.25]);
  });

  test("passes NaN on instead of hiding it", async () => {
    const x = { shape: [2, 1], values: [1, Number.NaN] };
    const one = { shape: [1], values: [1] };
    const [y] = await runOn("wasm", "FgkdBatchNormTraining", { x, scale: one, offset: one }, { epsilon, relu: true });
    expect(Array.from(y?.values ?? [])).toEqual([Number.NaN, Number.NaN]);
  });
});
