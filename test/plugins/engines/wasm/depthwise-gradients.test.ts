import * as tf from "@tensorflow/tfjs";
import { describe, test } from "vitest";
import { expectClose, randomInput, runOn } from "./kernels.js";

type Shape4D = [number, number, number, number];
const shapes = [
  { x: [2, 8, 8, 4], filter: [3, 3, 4, 1] },
  { x: [1, 7, 5, 3], filter: [3, 3, 3, 2] },
  { x: [2, 9, 9, 5], filter: [7, 7, 5, 1] },
  { x: [2, 6, 7, 2], filter: [2, 3, 2, 3] },
  { x: [1, 1, 1, 6], filter: [3, 3, 6, 1] },
  { x: [3, 4, 4, 20], filter: [1, 1, 20, 1] },
] as const;
const explicit = [
  [0, 0],
  [1, 0],
  [0, 2],
  [0, 0],
];
const cases = shapes.flatMap(({ x, filter }) =>
  [1, 2, 3].flatMap((stride) =>
    ["same", "valid", 1, explicit]
      .filter((pad) => pad === "same" || x[1] >= filter[0])
      .map((pad) => ({ x, filter, stride, pad, name: `x ${x}, filter ${filter}, stride ${stride}, pad ${pad}` })),
  ),
);

function prepare({ x, filter, stride, pad }: (typeof cases)[number]) {
  const info = tf.backend_util.computeConv2DInfo(
    [...x] as Shape4D,
    [...filter] as Shape4D,
    stride,
    1,
    pad as number,
    undefined,
    true,
  );
  return { dy: randomInput(info.outShape, 2), attributes: { strides: [stride, stride], dilations: [1, 1], pad } };
}

describe("the gradient of a depthwise convolution on wasm", () => {
  test.each(cases)("equals cpu's for the filter: $name", async (one) => {
    const { dy, attributes } = prepare(one);
    const inputs = { x: randomInput(one.x), dy };
    const more = { ...attributes, filterShape: [...one.filter] };
    const run = (backend: "cpu" | "wasm") => runOn(backend, tf.DepthwiseConv2dNativeBackpropFilter, inputs, more);
    expectClose(await run("wasm"), await run("cpu"));
  });

  test.each(cases)("equals cpu's for the input: $name", async (one) => {
    const { dy, attributes } = prepare(one);
    const inputs = { filter: randomInput(one.filter), dy };
    const more = { ...attributes, inputShape: [...one.x] };
    const run = (backend: "cpu" | "wasm") => runOn(backend, tf.DepthwiseConv2dNativeBackpropInput, inputs, more);
    expectClose(await run("wasm"), await run("cpu"));
  });
});
