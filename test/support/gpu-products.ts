/** Products of every kind that the engine `webgpu` computes, for tests of their shaders. */
import * as tf from "@tensorflow/tfjs";
import {
  filterGradientProduct,
  forwardProduct,
  inputGradientProduct,
} from "../../plugins/engines/webgpu/kernels/convolution-products.js";
import type { Product } from "../../plugins/engines/webgpu/kernels/products/product.js";
import { matrixSide } from "../../plugins/engines/webgpu/kernels/products/side.js";

export interface SampleProduct {
  readonly product: Product;
  /** Values of a, b and the result. */
  readonly sizes: readonly [a: number, b: number, y: number];
}

/** C = op(A) op(B), for each of a batch. */
export function matrices(
  [batch, m, k, n]: readonly [batch: number, m: number, k: number, n: number],
  transposeA = false,
  transposeB = false,
): SampleProduct {
  const product = {
    ...{ rows: m, columns: n, depth: k, batch },
    a: matrixSide(`batch * ${m * k}u`, transposeA ? { outer: 1, depth: m } : { outer: k, depth: 1 }),
    b: matrixSide(`batch * ${k * n}u`, transposeB ? { outer: k, depth: 1 } : { outer: 1, depth: n }),
  };
  return { product, sizes: [batch * m * k, batch * k * n, batch * m * n] };
}

/** A convolution and its gradients. */
function convolution(
  x: [number, number, number, number],
  filter: [number, number, number, number],
  stride: number,
  pad: "same" | "valid" | number,
): Readonly<Record<"forward" | "input" | "filter", SampleProduct>> {
  const info = tf.backend_util.computeConv2DInfo(x, filter, stride, 1, pad);
  const [ofX, ofFilter, ofY] = [x, filter, info.outShape].map((shape) => tf.util.sizeFromShape(shape)) as [
    number,
    number,
    number,
  ];
  return {
    forward: { product: forwardProduct(info), sizes: [ofX, ofFilter, ofY] },
    input: { product: inputGradientProduct(info), sizes: [ofY, ofFilter, ofX] },
    filter: { product: filterGradientProduct(info), sizes: [ofX, ofY, ofFilter] },
  };
}

/** One of each kind, of sizes that tiles do not divide. */
export const samples: Readonly<Record<string, SampleProduct>> = {
  "a product": matrices([1, 37, 40, 24]),
  "of a transposed A": matrices([2, 36, 21, 20], true),
  "of a transposed B": matrices([2, 19, 24, 7], false, true),
  "of both transposed": matrices([1, 18, 23, 9], true, true),
  "of whole tiles": matrices([1, 64, 32, 64]),
  "a convolution": convolution([2, 7, 6, 8], [3, 3, 8, 12], 1, "same").forward,
  "one of three channels": convolution([1, 9, 9, 3], [5, 5, 3, 8], 2, 2).forward,
  "an input's gradient": convolution([2, 7, 8, 8], [3, 3, 8, 20], 2, 1).input,
  "one of a 1×1 filter": convolution([2, 5, 6, 8], [1, 1, 8, 20], 2, "valid").input,
  "a filter's gradient": convolution([2, 7, 6, 8], [3, 3, 8, 12], 1, "same").filter,
  "one of odd channels": convolution([1, 9, 9, 3], [3, 3, 3, 5], 2, "same").filter,
};
