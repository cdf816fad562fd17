import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { startWasm } from "../../../../plugins/engines/wasm/index.js";
import { expectClose, randomInput, runOn } from "./kernels.js";

type Padding = "same" | "valid" | number | [[0, 0], [number, number], [number, number], [0, 0]];

interface Case {
  readonly x: readonly [number, number, number, number];
  readonly filter: readonly [number, number, number];
  readonly strides: readonly [number, number];
  readonly pad: Padding;
}

const cases: readonly Case[] = [];
const add = (x: Case["x"], filter: Case["filter"], stride: number | Case["strides"], pad: Padding) =>
  (cases as Case[]).push({ x, filter, strides: typeof stride === "number" ? [stride, stride] : stride, pad });

// What residual networks are made of, on maps from tiny to odd.
for (const size of [1, 2, 4, 7, 8]) {
  for (const stride of [1, 2]) {
    add([2, size, size, 5], [3, 3, 6], stride, 1);
    add([2, size, size, 5], [3, 3, 6], stride, "same");
    add([3, size, size + 1, 4], [1, 1, 8], stride, 0);
    add([2, size, size, 3], [7, 7, 4], stride, 3);
  }
}
// Windows that leave a rest, even filters, uneven strides, stride beyond the filter, padding beyond the filter's reach.
add([2, 9, 6, 3], [3, 3, 4], 2, "valid");
add([2, 9, 6, 3], [2, 2, 4], 1, "same");
add([2, 9, 6, 3], [2, 4, 4], 2, "same");
add([1, 11, 8, 2], [3, 5, 3], [2, 1], "same");
add([1, 11, 8, 2], [3, 5, 3], [1, 3], "valid");
add([2, 11, 8, 2], [2, 2, 3], 3, "valid");
add([2, 10, 10, 2], [1, 1, 3], 3, "same");
add([2, 5, 5, 2], [1, 1, 3], 1, 1);
add([2, 5, 5, 2], [2, 2, 3], 1, 3);
add([2, 5, 5, 2], [2, 2, 3], 2, 3);
add([2, 6, 5, 2], [3, 3, 3], 2, [
  [0, 0],
  [0, 1],
  [2, 0],
  [0, 0],
]);
add([2, 6, 5, 2], [3, 3, 3], 1, [
  [0, 0],
  [0, 2],
  [1, 3],
  [0, 0],
]);
add([1, 3, 3, 1], [3, 3, 1], 1, "valid");
// Long sums, which the filter's gradient takes in several chunks.
add([5, 23, 19, 7], [3, 3, 9], 1, 1);
add([9, 31, 29, 3], [7, 7, 8], 2, 3);
add([40, 8, 8, 17], [1, 1, 5], 1, 0);

const name = ({ x, filter, strides, pad }: Case) =>
  `x ${x}, filter ${filter}, strides ${strides}, pad ${JSON.stringify(pad)}`;

function prepare({ x, filter: [height, width, outChannels], strides, pad }: Case) {
  const filterShape: [number, number, number, number] = [height, width, x[3], outChannels];
  const info = tf.backend_util.computeConv2DInfo([...x], filterShape, [...strides], 1, pad as number);
  const attributes = { strides, pad, dataFormat: "NHWC", dimRoundingMode: undefined };
  return { filterShape, outShape: info.outShape, attributes };
}

describe("the gradient of a convolution on wasm", () => {
  test.each(cases.map((one) => [name(one), one] as const))("equals cpu's for the filter: %s", async (_, one) => {
    const { filterShape, outShape, attributes } = prepare(one);
    const inputs = { x: randomInput(one.x, 1), dy: randomInput(outShape, 2) };
    const run = (backend: "cpu" | "wasm") =>
      runOn(backend, tf.Conv2DBackpropFilter, inputs, { ...attributes, filterShape });
    expectClose(await run("wasm"), await run("cpu"));
  });

  test.each(cases.map((one) => [name(one), one] as const))("equals cpu's for the input: %s", async (_, one) => {
    const { filterShape, outShape, attributes } = prepare(one);
    const inputs = { filter: randomInput(filterShape, 1), dy: randomInput(outShape, 2) };
    const run = (backend: "cpu" | "wasm") =>
      runOn(backend, tf.Conv2DBackpropInput, inputs, { ...attributes, inputShape: one.x });
    expectClose(await run("wasm"), await run("cpu"));
  });

  test("is the same to the last bit each time", async () => {
    const inputs = { x: randomInput([4, 13, 13, 6]), dy: randomInput([4, 13, 13, 7]) };
    const attributes = { strides: [1, 1], pad: "same", dataFormat: "NHWC", filterShape: [3, 3, 6, 7] };
    const run = () => runOn("wasm", tf.Conv2DBackpropFilter, inputs, attributes);
    expect(await run()).toEqual(await run());
  });

  test("agrees with finite differences", async () => {
    await startWasm();
    tf.tidy(() => {
      const x = tf.tensor4d(randomInput([1, 5, 5, 2]).values as Float32Array, [1, 5, 5, 2]);
      const filter = tf.tensor4d(randomInput([3, 3, 2, 2], 3).values as Float32Array, [3, 3, 2, 2]);
      const loss = (x: tf.Tensor4D, filter: tf.Tensor4D) => tf.conv2d(x, filter, 2, 1).square().sum().asScalar();
      const [dx, dFilter] = tf.grads((x, filter) => loss(x as tf.Tensor4D, filter as tf.Tensor4D))([x, filter]);
      const bump = (shape: [number, number, number, number], at: number) =>
        tf.oneHot(tf.scalar(at, "int32"), tf.util.sizeFromShape(shape)).cast("float32").mul(1e-2).reshape(shape);
      for (const at of [0, 7, 24, 49]) {
        const step = bump([1, 5, 5, 2], at) as tf.Tensor4D;
        const slope = loss(x.add(step), filter)
          .sub(loss(x.sub(step), filter))
          .div(2e-2)
          .dataSync()[0];
        expect((dx as tf.Tensor).dataSync()[at]).toBeCloseTo(slope as number, 2);
      }
      for (const at of [0, 5, 17, 35]) {
        const step = bump([3, 3, 2, 2], at) as tf.Tensor4D;
        const slope = loss(x, filter.add(step))
          .sub(loss(x, filter.sub(step)))
          .div(2e-2)
          .dataSync()[0];
        expect((dFilter as tf.Tensor).dataSync()[at]).toBeCloseTo(slope as number, 2);
      }
    });
  });
});
