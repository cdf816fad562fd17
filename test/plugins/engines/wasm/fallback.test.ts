import * as tf from "@tensorflow/tfjs";
import { beforeEach, describe, expect, test } from "vitest";
import { kernelsToFallBack } from "../../../../plugins/engines/wasm/fallback.js";
import { registerWasmKernels, startWasm } from "../../../../plugins/engines/wasm/index.js";
import { expectClose, randomInput, runOn } from "./kernels.js";

describe("the wasm engine", () => {
  beforeEach(startWasm);

  test("has every kernel of cpu that needs neither complex numbers nor a canvas", () => {
    expect(kernelsToFallBack()).toEqual([]);
    expect(tf.getKernel("Einsum", "wasm")).toBeDefined();
    expect(tf.getKernel("Complex", "wasm")).toBeUndefined();
  });

  test("registers its kernels once", () => {
    const kernel = tf.getKernel(tf.Conv2DBackpropFilter, "wasm");
    registerWasmKernels();
    expect(tf.getKernel(tf.Conv2DBackpropFilter, "wasm")).toBe(kernel);
  });

  test("computes on cpu what it lacks, and leaves nothing there", async () => {
    const inputs = { 0: randomInput([2, 3, 4], 1), 1: randomInput([4, 5], 2) };
    // Einsum takes a list of tensors, which the test's helper passes by number.
    const cpu = tf.findBackend("cpu") as tf.KernelBackend;
    const before = cpu.numDataIds();
    const result = tf.tidy(() => {
      const tensors = Object.values(inputs).map(({ values, shape }) => tf.tensor(Array.from(values), [...shape]));
      return tf.einsum("bij,jk->bik", ...tensors).arraySync();
    });
    expect(cpu.numDataIds()).toBe(before);
    const expected = tf.tidy(() => {
      const [a, b] = Object.values(inputs).map(({ values, shape }) => tf.tensor(Array.from(values), [...shape]));
      return tf.matMul(a as tf.Tensor, b as tf.Tensor).arraySync();
    });
    expect(JSON.stringify(round(result))).toBe(JSON.stringify(round(expected)));
  });

  test.each([{ name: "a convolution with channels first", kernel: tf.Conv2D, x: [1, 2, 5, 5], filter: [3, 3, 2, 4] }])(
    "computes $name, which tfjs' wasm refuses",
    async ({ kernel, x, filter }) => {
      const inputs = { x: randomInput(x, 1), filter: randomInput(filter, 2) };
      const attributes = { strides: [1, 1], pad: "same", dilations: [1, 1], dataFormat: "NCHW" };
      const run = (backend: "cpu" | "wasm") => runOn(backend, kernel, inputs, attributes);
      expectClose(await run("wasm"), await run("cpu"));
    },
  );

  test.each([tf.MaxPool, tf.AvgPool])("pads pools of one pixel, which tfjs' wasm gets wrong: %s", async (kernel) => {
    const inputs = { x: randomInput([1, 3, 3, 2]) };
    const run = (backend: "cpu" | "wasm") => runOn(backend, kernel, inputs, { filterSize: 1, strides: 2, pad: 1 });
    expectClose(await run("wasm"), await run("cpu"));
  });

  test("refuses what its memory cannot hold, and stays usable", () => {
    // Four gigabytes, of which no byte is touched.
    const backend = tf.backend() as tf.KernelBackend & { makeOutput(shape: number[], dtype: string): tf.TensorInfo };
    const held: tf.TensorInfo[] = [];
    expect(() => {
      for (let at = 0; at < 4; at++) held.push(backend.makeOutput([2 ** 28], "float32"));
    }).toThrow("FGKD_OUT_OF_MEMORY");
    for (const { dataId } of held) backend.disposeData(dataId);
    expect(tf.tidy(() => tf.ones([3]).sum().dataSync()[0])).toBe(3);
  });

  test("compares strings", () =>
    expect(Array.from(tf.tidy(() => tf.equal(["a", "b"], ["a", "c"]).dataSync()))).toEqual([1, 0]));
});

function round(value: unknown): unknown {
  return typeof value === "number" ? Math.round(value * 1e4) : (value as unknown[]).map(round);
}
