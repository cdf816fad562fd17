/** Images in blocks of eight channels, as processors with AVX2 have them, on whatever processor this is. */
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { addRelu, conv2d, conv2dAddRelu } from "../../../../core/ops/index.js";
import { startOnednn } from "../../../../plugins/engines/onednn/index.js";
import { blockEnds, expectOneEnd } from "./block-ends.js";
import { available, random } from "./both.js";
import { expectOneKernel, residualCases } from "./residual.js";

describe.skipIf(!available)("with images in blocks", () => {
  beforeAll(() => startOnednn({ layout: "blocked" }));

  test.each([
    ["fgkd's own depthwise loops", 1],
    ["oneDNN's depthwise convolutions", 2],
  ])("%s read what a convolution left, forward and in both gradients", async (_, stride) => {
    const [x, wide, deep] = [random([2, 9, 9, 16], 1), random([3, 3, 16, 16], 2), random([3, 3, 16, 1], 3)];
    const loss = (filter: tf.Tensor, own: tf.Tensor) => {
      const between = conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, { stride: 1, padding: 1 });
      const y = tf.depthwiseConv2d(between, own as tf.Tensor4D, stride, "same");
      return y.mul(random(y.shape, 4)).sum().asScalar();
    };
    const on = async (backend: string) => {
      await tf.setBackend(backend);
      const { value, grads } = tf.valueAndGrads(loss)([wide, deep]);
      return [value, ...grads].map((one) => one.dataSync());
    };
    const [wanted, made] = [await on("cpu"), await on("onednn")];
    for (const [at, values] of wanted.entries()) {
      const scale = Math.max(...values.map(Math.abs));
      const off = Math.max(...values.map((value, i) => Math.abs(value - (made[at]?.[i] as number))));
      expect(off / scale).toBeLessThan(1e-5);
    }
  });

  test.each(residualCases)("a residual in the kernel has the bytes of one added behind it, by %s", (...of) => {
    expectOneKernel(of);
  });

  test.each(blockEnds)("a batch norm that ends a residual block of %j has the bytes of two kernels", (shape) => {
    expectOneEnd(shape);
  });

  test("a residual that lies in blocks of another shape is read as it is meant", () => {
    tf.tidy(() => {
      const [x, filter] = [random([2, 6, 4, 16], 1), random([1, 1, 16, 16], 2)] as [tf.Tensor4D, tf.Tensor4D];
      const bias = random([16], 3) as tf.Tensor1D;
      const turned: tf.Tensor4D = conv2d(x, filter, { bias }).reshape([2, 4, 6, 16]);
      const wide: tf.Tensor4D = x.reshape([2, 4, 6, 16]);
      const apart = addRelu(conv2d(wide, filter, { bias }), tf.tensor(turned.dataSync(), [2, 4, 6, 16]) as tf.Tensor4D);
      const again: tf.Tensor4D = conv2d(x, filter, { bias }).reshape([2, 4, 6, 16]);
      const fused = conv2dAddRelu(wide, filter, again, { bias });
      const scale = Math.max(...apart.dataSync());
      expect(apart.sub(fused).abs().max().dataSync()[0]).toBeLessThan(1e-5 * scale);
    });
  });
});
