import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import type { Recording } from "../../../../core/ops/index.js";
import type { GpuBackend } from "../../../../plugins/engines/webgpu/backend.js";
import { hasGpu, startGpu } from "../../../support/gpu.js";

// The engine webgpu has just been started.
const backend = () => tf.backend() as unknown as GpuBackend;

/** Notes a function of one tensor; what it makes is freed. */
function note(x: tf.Tensor, compute: (x: tf.Tensor) => tf.Tensor): Recording | undefined {
  const noting = backend().begin([x]);
  const y = tf.tidy(() => compute(x));
  const recording = noting.end([y]);
  y.dispose();
  return recording;
}

async function repeat(recording: Recording | undefined, x: tf.Tensor): Promise<number[]> {
  const y = tensorOf(recording?.run([x])[0]);
  const values = [...(await y.data())];
  y.dispose();
  return values;
}

describe.skipIf(!hasGpu)("a recording of the engine webgpu", () => {
  beforeAll(startGpu);

  const compute = (x: tf.Tensor) => x.mul(3).add(1).relu().square();

  test("computes the same of other values, in buffers that are free", async () => {
    const [x, other] = [tf.tensor1d([1, -2, 3, 4, 5]), tf.tensor1d([-1, 0, 1, 2, Number.NaN])];
    const recording = note(x, compute);
    expect(await repeat(recording, other)).toEqual([0, 1, 16, 49, Number.NaN]);
    const { bytesInUse } = backend().stats();
    expect(await repeat(recording, x)).toEqual([16, 0, 100, 169, 256]);
    expect(backend().stats().bytesInUse).toBe(bytesInUse);
    tf.dispose([x, other]);
  });

  test("is done at once on buffers that it was done on before, act by act where one of them is in use", async () => {
    const [x, other] = [tf.tensor1d([1, -2, 3, 4, 5]), tf.tensor1d([-1, 0, 1, 2, 3])];
    const recording = note(x, compute);
    const run = async (of: tf.Tensor) => {
      const { prepared, dispatches } = backend().stats();
      const values = await repeat(recording, of);
      const now = backend().stats();
      return { values, atOnce: now.prepared - prepared, dispatches: now.dispatches - dispatches };
    };
    for (const of of [x, other, x, other]) await run(of);
    const { bytesInUse, bytesPeak } = backend().stats();
    const wanted = { dispatches: 4, atOnce: 4 };
    expect(await run(x)).toEqual({ ...wanted, values: [16, 0, 100, 169, 256] });
    expect(await run(other)).toEqual({ ...wanted, values: [0, 1, 16, 49, 100] });
    expect(backend().stats()).toMatchObject({ bytesInUse, bytesPeak });
    const [held] = recording?.run([x]) ?? [];
    expect(await run(x)).toEqual({ ...wanted, atOnce: 0, values: [16, 0, 100, 169, 256] });
    expect(await run(other)).toMatchObject({ values: [0, 1, 16, 49, 100] });
    const y = tensorOf(held);
    expect([...(await y.data())]).toEqual([16, 0, 100, 169, 256]);
    tf.dispose([x, other, y]);
  });

  test("leaves alone what it lets go of and somebody else has", async () => {
    const values = [1, 2, 3, 4, 5];
    const used = () => tf.tensor1d(values).add(0);
    const x = used();
    // Its result may take the place of what it was given.
    const recording = note(x, (x) => {
      const y = x.square();
      x.dispose();
      return y.add(1).square().sub(1);
    });
    expect([...(recording?.used ?? [])]).toEqual([0]);
    const run = async () => {
      const x = used();
      const [made] = recording?.run([{ dataId: x.dataId, shape: x.shape, dtype: x.dtype }]) ?? [];
      const y = tensorOf(made);
      expect([...(await y.data())]).toEqual(values.map((value) => (value ** 2 + 1) ** 2 - 1));
      y.dispose();
    };
    for (let count = 0; count < 4; count++) await run();
    const before = backend().stats().prepared;
    await run();
    expect(backend().stats().prepared).toBeGreaterThan(before);
    const shared = used();
    const { dataId, shape, dtype } = shared;
    const clone = shared.clone();
    const y = tensorOf(recording?.run([{ dataId, shape, dtype }])[0]);
    expect([...(await clone.data())]).toEqual(values);
    tf.dispose([y, clone]);
  });

  test("is that of the same work, and of no other", () => {
    const x = tf.tensor1d([1, 2, 3]);
    const [one, same, other] = [note(x, compute), note(x, compute), note(x, (x) => x.mul(4).add(1).relu().square())];
    expect(one?.equals(same as Recording)).toBe(true);
    expect(one?.equals(other as Recording)).toBe(false);
    x.dispose();
  });

  test.each<[string, (x: tf.Tensor) => tf.Tensor]>([
    ["used many values of JavaScript", (x) => x.sum().add(tf.tensor1d(Array.from({ length: 20 }, (_, at) => at)))],
    ["used a tensor that it was not given", (x) => x.sum().add(outside)],
    [
      "left a tensor behind",
      (x) => {
        left.push(tf.keep(x.exp()));
        return x.neg();
      },
    ],
    ["returned what it was given", (x) => x.clone()],
  ])("is none where the work %s", (_, work) => {
    const x = tf.tensor1d([1, 2, 3]);
    outside = tf.tidy(() => tf.linspace(0, 1, 20).exp());
    expect(note(x, work)).toBeUndefined();
    tf.dispose([x, outside, ...left.splice(0)]);
  });
});

function tensorOf(made: tf.TensorInfo | undefined): tf.Tensor {
  if (!made) throw new Error("nothing was made");
  return tf.engine().makeTensorFromDataId(made.dataId, made.shape, made.dtype);
}

let outside: tf.Tensor;
const left: tf.Tensor[] = [];
