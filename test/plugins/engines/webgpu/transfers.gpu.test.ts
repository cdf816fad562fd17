import * as tf from "@tensorflow/tfjs";
import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { imagesOf } from "../../../../plugins/data/images/results.js";
import type { GpuBackend } from "../../../../plugins/engines/webgpu/backend.js";
import type { Shader } from "../../../../plugins/engines/webgpu/shader.js";
import { hasGpu, startGpu } from "../../../support/gpu.js";

const backend = () => tf.backend() as unknown as GpuBackend;

/** Writes over what it is given. */
const counting: Shader = {
  key: "counting",
  reads: [],
  writes: [{ name: "x", element: "f32" }],
  numbers: [{ name: "step", type: "f32" }],
  workgroup: [1, 1, 1],
  text: () => ({ main: "  x[at.x] += numbers.step;" }),
};

function count(x: tf.TensorInfo, step = 1): void {
  backend().run({ shader: counting, reads: [], writes: [x], numbers: { step }, groups: [3, 1, 1] });
}

describe.skipIf(!hasGpu)("on the way to a GPU and back", () => {
  beforeAll(startGpu);
  beforeEach(() => tf.setBackend("webgpu"));

  test("values are those of the moment when they were asked for", async () => {
    const x = backend().makeTensorInfo([3], "float32", Float32Array.of(1, 2, 3));
    count(x);
    const before = backend().read(x.dataId);
    count(x);
    expect(await before).toEqual(Float32Array.of(2, 3, 4));
    count(x, 0.5);
    expect(await backend().read(x.dataId)).toEqual(Float32Array.of(3.5, 4.5, 5.5));
    backend().disposeData(x.dataId);
  });

  test("what is asked for in one turn comes with one submission, large and small, of every type", async () => {
    const large = tf.tidy(() => tf.range(0, 50_000).add(1));
    const small = tf.tidy(() => [large.slice(3, 2), large.slice(0, 3).toInt(), large.slice(0, 2).greater(1)]);
    const empty = tf.zeros([0, 3]);
    const { submissions } = backend().stats();
    let maps = 0;
    const { mapAsync } = GPUBuffer.prototype;
    GPUBuffer.prototype.mapAsync = function (...given) {
      maps += 1;
      return mapAsync.apply(this, given);
    };
    onTestFinished(() => {
      GPUBuffer.prototype.mapAsync = mapAsync;
    });
    const [all, floats, whole, truths, none] = await Promise.all([large, ...small, empty].map((one) => one.data()));
    expect(backend().stats().submissions).toBe(submissions + 1);
    expect(maps).toBe(1);
    expect([all?.length, all?.[49_999]]).toEqual([50_000, 50_000]);
    expect(floats).toEqual(Float32Array.of(4, 5));
    expect(whole).toEqual(Int32Array.of(1, 2, 3));
    expect(truths).toEqual(Uint8Array.of(0, 1));
    expect(none).toEqual(Float32Array.of());
    tf.dispose([large, small, empty]);
  });

  test("constants are sent once and shared, and stay what they are when one of their tensors is written", async () => {
    const constant = () => backend().makeTensorInfo([3], "float32", Float32Array.of(7, 8, 9));
    const [one, other] = [constant(), constant()];
    count(other, 0);
    const { bytesUploaded } = backend().stats();
    count(one);
    const third = constant();
    count(third, 2);
    expect(backend().stats().bytesUploaded).toBe(bytesUploaded);
    const read = (info: tf.TensorInfo) => backend().read(info.dataId);
    expect(await Promise.all([one, other, third].map(read))).toEqual([
      Float32Array.of(8, 9, 10),
      Float32Array.of(7, 8, 9),
      Float32Array.of(9, 10, 11),
    ]);
    for (const info of [one, other, third]) backend().disposeData(info.dataId);
  });

  test("one value over and over is not sent, but made there", async () => {
    const { bytesUploaded } = backend().stats();
    // Many: tfjs takes few values of JavaScript to the processor.
    const over = (size: number, value: number) => tf.tensor1d(new Float32Array(size).fill(value));
    const same = [tf.ones([2999]), tf.zeros([3000]), over(5000, -0.5), tf.tensor1d(new Int32Array(4000).fill(-7))];
    const values = tf.tidy(() => same.map((one) => one.add(tf.scalar(1, one.dtype))));
    const sent = backend().stats().bytesUploaded - bytesUploaded;
    const read = await Promise.all(values.map((one) => one.data()));
    expect(read.map((one) => [one.length, Math.min(...one), Math.max(...one)])).toEqual([
      [2999, 2, 2],
      [3000, 1, 1],
      [5000, 0.5, 0.5],
      [4000, -6, -6],
    ]);
    expect(sent).toBeLessThan(64);
    tf.dispose([same, values]);
  });

  test("values never come before commands that still read the memory they take", async () => {
    const [sums, expected] = [[] as tf.Tensor[], [] as number[]];
    for (let at = 1; at <= 40; at++) {
      const values = Float32Array.from({ length: 20_000 }, (_, place) => (place % 2 === 0 ? at : at + 2));
      sums.push(tf.tidy(() => tf.tensor1d(values).add(1).sum()));
      expected.push(20_000 * (at + 2));
    }
    expect((await tf.stack(sums).data()).join()).toBe(expected.join());
    tf.dispose(sums);
  });

  test("numbers of runs stay apart, however many there are, and whatever runs still wait", async () => {
    const x = backend().makeTensorInfo([3], "float32", Float32Array.of(0, 1, 2));
    // There is room for 4096.
    for (let at = 2; at <= 5000; at++) {
      count(x, at);
      count(x, 1);
    }
    const sum = (5000 * 5001) / 2 - 1 + 4999;
    expect(await backend().read(x.dataId)).toEqual(Float32Array.of(sum, sum + 1, sum + 2));
    backend().disposeData(x.dataId);
  });

  test("pixels come as bytes, from memory that is written again at once", async () => {
    for (const [height, width] of [
      [4, 5],
      [3, 3],
    ] as const) {
      const size = 2 * height * width * 3;
      const pixels = new Uint8Array(new SharedArrayBuffer(size)).map((_, at) => (at * 37) % 256);
      const shared = new Uint8Array(new SharedArrayBuffer(size));
      shared.set(pixels);
      const { bytesUploaded } = backend().stats();
      const images = imagesOf(shared, [2, height, width, 3]);
      shared.fill(0);
      const [min, max] = tf.tidy(() => [images.min(), images.max()]);
      expect(backend().stats().bytesUploaded - bytesUploaded).toBe(Math.ceil(size / 4) * 4);
      expect([images.dtype, images.shape]).toEqual(["int32", [2, height, width, 3]]);
      expect(await images.data()).toEqual(Int32Array.from(pixels));
      expect((await max.data())[0]).toBe(Math.max(...pixels));
      tf.dispose([images, min, max]);
    }
  });
});
