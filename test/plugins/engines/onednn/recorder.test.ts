import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import type { Recorder, Recording } from "../../../../core/ops/index.js";
import type { OnednnBackend } from "../../../../plugins/engines/onednn/backend.js";
import { onednnRecorder, startOnednn } from "../../../../plugins/engines/onednn/index.js";
import { available, random } from "./both.js";

const kernels = fileURLToPath(new URL("../../../../plugins/engines/onednn/kernels/", import.meta.url));

/** What the work comes to, and its recording, if it may be repeated. */
function noted(recorder: Recorder, given: readonly tf.Tensor[], work: () => tf.Tensor) {
  const noting = recorder.begin(given);
  const made = tf.tidy(work);
  const recording = noting.end([made]);
  made.dispose();
  return recording;
}

function repeated(recording: Recording, given: readonly tf.Tensor[]): readonly number[] {
  const [info] = recording.run(given);
  const made = tf.engine().makeTensorFromTensorInfo(info as tf.TensorInfo);
  const values = Array.from(made.dataSync());
  made.dispose();
  return values;
}

describe.skipIf(!available)("a recording", () => {
  let recorder: Recorder;
  beforeAll(async () => {
    await startOnednn();
    recorder = onednnRecorder() as Recorder;
  });

  const works: Readonly<Record<string, (x: tf.Tensor2D, y: tf.Tensor2D) => tf.Tensor>> = {
    "element by element": (x, y) => x.mul(2).add(y).relu(),
    "a product": (x, y) => x.matMul(y, false, true).softmax(),
    "sums, of one row too": (x, y) => x.sum(0, true).sum(0).add(y.mean(1).max()),
    "what is moved": (x, y) => tf.concat([x.transpose(), y.transpose()], 0).slice([1, 0], [3, 4]).tile([1, 2]),
    "zeros and ones that are made for it": (x, y) => x.mul(tf.ones([20, 8])).add(tf.zeros(y.shape)),
  };

  test.each(Object.entries(works))("computes %s of other values, and holds no memory", (_, work) => {
    const [x, y, a, b] = [1, 2, 3, 4].map((seed) => random([20, 8], seed) as tf.Tensor2D) as Four;
    const recording = noted(recorder, [x, y], () => work(x, y)) as Recording;
    expect(recording.equals(noted(recorder, [a, b], () => work(a, b)) as Recording)).toBe(true);
    const wanted = tf.tidy(() => Array.from(work(a, b).dataSync()));
    const before = { ...tf.memory() };
    expect(repeated(recording, [a, b])).toEqual(wanted);
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
    tf.dispose([x, y, a, b]);
  });

  test("is none where JavaScript reads, writes, or computes by itself, and where something is left behind", () => {
    const x = random([20, 8], 1);
    const outside = random([20, 8], 2);
    const kept: tf.Tensor[] = [];
    const refused = [
      () => x.mul(x.dataSync()[0] as number),
      () => tf.oneHot(tf.tensor1d([0, 1], "int32"), 3),
      () => tf.cumsum(x),
      () =>
        x.add(
          tf.tensor2d(
            Float32Array.from({ length: 160 }, (_, at) => at),
            [20, 8],
          ),
        ),
      () => x.add(outside),
      () => {
        kept.push(tf.keep(x.neg()));
        return x.abs();
      },
    ];
    for (const work of refused) {
      expect(noted(recorder, [x], work)).toBeUndefined();
      expect(noted(recorder, [x], () => x.neg())).toBeDefined();
    }
    tf.dispose([x, outside, ...kept]);
  });

  test("is for values kept as those it was made of: in blocks of channels, or not", () => {
    const images = [1, 2].map((seed) => random([1, 2, 2, 8], seed));
    expect(recorder.kept(images)).toBe("");
    (tf.backend() as OnednnBackend).blocked(images[1] as tf.Tensor);
    expect(recorder.kept(images)).toBe("1:plain+blocked");
    tf.dispose(images);
  });

  test("differs from one with another constant", () => {
    const x = random([20, 8], 1);
    const [two, three] = [2, 3].map((factor) => noted(recorder, [x], () => x.mul(factor)) as Recording);
    expect(two?.equals(three as Recording)).toBe(false);
    x.dispose();
  });
});

test("kernels write values in native code, or say that they do not", () => {
  const files = readdirSync(kernels).map((name) => [name, readFileSync(kernels + name, "utf8")] as const);
  // A typed array's own methods, and elements that are assigned.
  const byHand = files.filter(([, text]) => /\.(set|copyWithin)\(|\w\[[^\]]+\] [-+*/]?= /.test(text));
  expect(byHand.map(([name]) => name)).toEqual(["layout.ts"]);
  expect(byHand.filter(([, text]) => !text.includes("refuse()"))).toEqual([]);
});

type Four = [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
