import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { batchNormInference, batchNormTraining } from "../../../../core/ops/index.js";
import { hasGpu, onBoth, startGpu } from "../../../support/gpu.js";
import { expectClose, expectSame, normals, withHoles } from "./compare.js";

const scaleOf = (channels: number) => normals([channels], "scale").abs().add(0.5) as tf.Tensor1D;
const offsetOf = (channels: number) => normals([channels], "offset") as tf.Tensor1D;

/** Per channel, in double precision: what the kernels are to compute. */
function exact(x: ArrayLike<number>, dy: ArrayLike<number>, scale: ArrayLike<number>, offset: ArrayLike<number>) {
  const channels = scale.length;
  const rows = x.length / channels;
  const [y, dx] = [new Array<number>(x.length), new Array<number>(x.length)];
  const [means, variances, dScale, dOffset] = [[], [], [], []] as number[][];
  for (let c = 0; c < channels; c++) {
    const at = (values: ArrayLike<number>, row: number) => values[row * channels + c] as number;
    const mean = (of: (row: number) => number) =>
      Array.from({ length: rows }, (_, row) => of(row)).reduce((a, b) => a + b) / rows;
    const centre = mean((row) => at(x, row));
    const variance = mean((row) => (at(x, row) - centre) ** 2);
    const spread = 1 / Math.sqrt(variance + 1e-5);
    const white = (row: number) => (at(x, row) - centre) * spread;
    const affine = (row: number) => white(row) * (scale[c] as number) + (offset[c] as number);
    const open = (row: number) => (affine(row) > 0 ? at(dy, row) : 0);
    const [ofSum, ofProduct] = [mean(open), mean((row) => open(row) * white(row))];
    for (let row = 0; row < rows; row++) {
      y[row * channels + c] = Math.max(0, affine(row));
      dx[row * channels + c] = (open(row) - ofSum - white(row) * ofProduct) * (scale[c] as number) * spread;
    }
    means?.push(centre);
    variances?.push(variance);
    dScale?.push(ofProduct * rows);
    dOffset?.push(ofSum * rows);
  }
  return [y, means, variances, dx, dScale, dOffset] as number[][];
}

describe.skipIf(!hasGpu)("batch normalisation on the engine webgpu", () => {
  beforeAll(startGpu);

  test.each([
    [[2, 5, 4, 8], 0],
    [[3, 7, 5], 0],
    [[3000, 4], 0],
    [[1100, 3], 1000],
    [[40, 132], -7],
    [[4, 130], 3],
  ] as const)("of %j, values around %d, and its gradient are right to the digits of float32", async (shape, around) => {
    const channels = shape[shape.length - 1] as number;
    const x = () => normals(shape, "x").add(around);
    const dy = () => normals(shape, "dy");
    const found = await onBoth(() => {
      const { normalized, mean, variance } = batchNormTraining(x(), scaleOf(channels), offsetOf(channels), {
        relu: true,
      });
      const gradients = tf.grads(
        (x, scale, offset) =>
          batchNormTraining(x, scale as tf.Tensor1D, offset as tf.Tensor1D, { relu: true }).normalized,
      )([x(), scaleOf(channels), offsetOf(channels)], dy());
      return [normalized, mean, variance, ...gradients, x(), dy(), scaleOf(channels), offsetOf(channels)];
    });
    const [given, gradient, scale, offset] = found.slice(6).map(({ cpu }) => cpu) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const wanted = exact(given, gradient, scale, offset);
    // A value near 1000 has three digits fewer behind the point.
    const tolerance = 4e-6 * Math.max(1, Math.abs(around) / 4);
    for (const [index, values] of wanted.entries()) expectClose(found[index]?.gpu as Float32Array, values, tolerance);
  });

  test.each([{}, { relu: true }, { relu: true, most: 0.5 }])(
    "with %j is that of the JavaScript backend, of what is no number too, in equal bytes each time",
    async (options) => {
      for (const make of [normals, withHoles])
        for (const shape of [
          [2, 9, 8],
          [4, 6, 5],
        ]) {
          const channels = shape[shape.length - 1] as number;
          const [scale, offset] = [() => scaleOf(channels), () => offsetOf(channels)];
          const apply = (x: tf.Tensor) => batchNormTraining(x, scale(), offset(), options).normalized;
          await expectSame(
            () => [
              apply(make(shape)),
              tf.grad(apply)(make(shape), normals(shape, "dy")),
              batchNormInference(make(shape), offset(), scale(), scale(), offset(), options),
            ],
            1e-5,
          );
        }
    },
  );

  test("is close to what PyTorch has where the variance is none", async () => {
    const [y] = await onBoth(() => batchNormTraining(tf.fill([64, 4], 3), scaleOf(4), offsetOf(4)).normalized);
    const [offset] = await onBoth(() => offsetOf(4));
    expect(Array.from(y?.gpu.subarray(0, 4) as Float32Array)).toEqual(Array.from(offset?.cpu as Float32Array));
  });
});
