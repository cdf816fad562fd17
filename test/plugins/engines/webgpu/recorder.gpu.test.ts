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
  const [made] = recording?.run([x]) ?? [];
  if (!made) throw new Error("nothing was noted");
  const y = tf.engine().makeTensorFromDataId(made.dataId, made.shape, made.dtype);
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

let outside: tf.Tensor;
const left: tf.Tensor[] = [];
