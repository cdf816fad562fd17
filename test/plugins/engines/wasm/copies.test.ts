import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { startWasm } from "../../../../plugins/engines/wasm/index.js";
import { expectClose, type Input, randomInput, runOn } from "./kernels.js";

async function compare(kernel: string, inputs: Readonly<Record<string, Input>>, attributes: object, tolerance = 0) {
  const run = (backend: "cpu" | "wasm") => runOn(backend, kernel, inputs, attributes);
  expectClose(await run("wasm"), await run("cpu"), tolerance);
}

const shape = [3, 4, 5, 2];
const indices = (values: readonly number[], shape: readonly number[] = [values.length]): Input => ({
  shape,
  values,
  dtype: "int32",
});

describe("kernels that move elements on wasm", () => {
  test.each([
    { begin: [0, 0, 0, 0], size: [3, 4, 5, 2] },
    { begin: [1, 0, 0, 0], size: [2, 4, 5, 2] },
    { begin: [0, 1, 2, 1], size: [3, 2, 3, 1] },
    { begin: [2, 3], size: [1, 1, -1, -1] },
    { begin: [1, 1, 1, 0], size: [1, 0, 2, 2] },
  ])("slice as cpu does: from $begin, $size", ({ begin, size }) =>
    compare(tf.Slice, { x: randomInput(shape) }, { begin, size }),
  );

  test("refuse a slice that is out of bounds", async () => {
    await startWasm();
    expect(() => tf.tidy(() => tf.zeros([3, 3]).slice([1, 1], [1, 3]))).toThrow("begin[1] + size[1]");
  });

  test.each([[[0]], [[3]], [[1, 2]], [[0, 3]], [[-1]], [[0, 1, 2, 3]]])("reverse as cpu does: %s", (dims) =>
    compare(tf.Reverse, { x: randomInput(shape) }, { dims }),
  );

  test.each([[[1, 1, 1, 1]], [[2, 1, 1, 1]], [[1, 1, 1, 3]], [[2, 3, 1, 2]], [[0, 1, 1, 1]]])(
    "tile as cpu does: %s",
    (reps) => compare(tf.Tile, { x: randomInput(shape) }, { reps }),
  );

  test.each([0, 1, 2, 3])("gather as cpu does: along axis %s", async (axis) => {
    await compare(tf.GatherV2, { x: randomInput(shape), indices: indices([1, 0, 1]) }, { axis, batchDims: 0 });
    await compare(
      tf.GatherV2,
      { x: randomInput(shape), indices: indices([1, 0, 1, 1], [2, 2]) },
      { axis, batchDims: 0 },
    );
  });

  test("gather in batches as cpu does", () =>
    compare(
      tf.GatherV2,
      { x: randomInput(shape), indices: indices([0, 3, 1, 1, 2, 0], [3, 2]) },
      { axis: 1, batchDims: 1 },
    ));

  test("refuse to gather what is not there, and leave nothing behind", async () => {
    await startWasm();
    const before = tf.backend().numDataIds();
    expect(() => tf.tidy(() => tf.gather(tf.zeros([3, 3]), tf.tensor1d([3], "int32")))).toThrow("is not in [0, 2]");
    expect(tf.backend().numDataIds()).toBe(before);
  });

  test("keep the bits of an integer", async () => {
    await startWasm();
    // As a float, this is a signalling NaN.
    const word = 0x7fa00001;
    const moved = tf.tidy(() => tf.tensor2d([word, 1], [1, 2], "int32").reverse(1).tile([2, 1]).dataSync());
    expect(Array.from(moved)).toEqual([1, word, 1, word]);
  });

  test("share the data of a clone", async () => {
    await startWasm();
    const tensor = tf.zeros([4]);
    const before = tf.backend().numDataIds();
    const copy = tensor.clone();
    expect(tf.backend().numDataIds()).toBe(before);
    tensor.dispose();
    expect(Array.from(copy.dataSync())).toEqual([0, 0, 0, 0]);
    copy.dispose();
    expect(tf.backend().numDataIds()).toBe(before - 1);
  });

  test.each([
    { x: [6, 3], ids: [0, 2, 1, 2, 0, 0], numSegments: 3 },
    { x: [4], ids: [3, -1, 7, 3], numSegments: 4 },
    { x: [2, 3, 2], ids: [1, 1], numSegments: 2 },
  ])("add up segments as cpu does: $x by $ids", ({ x, ids, numSegments }) =>
    compare(tf.UnsortedSegmentSum, { x: randomInput(x), segmentIds: indices(ids) }, { numSegments }, 1e-6),
  );
});
