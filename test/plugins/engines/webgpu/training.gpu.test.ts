import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { traceModel } from "../../../../core/graph/trace.js";
import { createRun, definePreset, startEngine as startQueued } from "../../../../core/index.js";
import { addRelu } from "../../../../core/ops/index.js";
import { awaitedGradientError } from "../../../../core/testing/index.js";
import { webgpuEngine } from "../../../../plugins/engines/webgpu.js";
import { crossEntropy, optimizers, resnet } from "../../../../plugins/index.js";
import { noisePictures } from "../../../presets/pictures.js";
import { engineNames, startEngine } from "../../../support/engines.js";
import { hasGpu, useGpu } from "../../../support/gpu.js";
import { choose } from "../../backbones/building.js";

const small = { name: "resnet", block: "basic", depths: [1, 1], widths: [8, 16] } as const;

const preset = definePreset({
  name: "small",
  summary: "a residual network on noise",
  plugins: [resnet(), noisePictures(), crossEntropy(), optimizers()],
  stages: { student: { trains: "student" } },
  defaults: {
    epochs: 2,
    batchSize: 4,
    data: { name: "noise-pictures" },
    models: { student: { backbone: small } },
    optimizer: { name: "sgd", learningRate: 0.05, momentum: 0.9 },
  },
});

/** Losses of each step, and all weights at the end. */
async function trained() {
  const run = await createRun({ preset });
  const losses: number[] = [];
  for await (const { losses: terms } of run.steps()) losses.push(terms.crossEntropy as number);
  const weights = [...(await run.models.get("student").parameters.export()).values()].flatMap(({ data }) =>
    [...data].map(Number),
  );
  await run.close();
  return { losses, weights };
}

const onGpu = () => startQueued(webgpuEngine({}));

/** Who reads at once is told so, whatever the tensor's size: the engine itself would answer for small ones. */
function refuseReads(): void {
  vi.spyOn(tf.Tensor.prototype, "dataSync").mockImplementation(() => {
    throw new Error("read at once");
  });
}

describe.skipIf(!hasGpu)("a training on the engine webgpu", () => {
  beforeAll(useGpu);
  afterEach(() => void vi.restoreAllMocks());

  test("has the losses and weights of the fastest engine of the processor, twice the same, and reads nothing at once", async () => {
    await startEngine(engineNames.at(-1) ?? "wasm");
    const expected = await trained();
    await onGpu();
    refuseReads();
    const before = tf.memory().numTensors;
    const one = await trained();
    expect(tf.memory().numTensors).toBe(before);
    expect(one.losses).toHaveLength(expected.losses.length);
    for (const [step, loss] of one.losses.entries())
      expect(Math.abs(loss - (expected.losses[step] as number)), `step ${step}`).toBeLessThan(1e-4);
    const apart = one.weights.map((weight, at) => Math.abs(weight - (expected.weights[at] as number)));
    expect(Math.max(...apart)).toBeLessThan(1e-4);
    expect(await trained()).toEqual(one);
  });

  test("ends in a graph that is that of the JavaScript backend, read when all has run", async () => {
    const graphs = [];
    for (const start of [() => startEngine("cpu"), onGpu]) {
      await start();
      const model = choose(small);
      if (tf.getBackend() === "webgpu") refuseReads();
      graphs.push(await traceModel("small", model, { size: 16 }));
      vi.restoreAllMocks();
      model.parameters.dispose();
    }
    const [cpu, gpu] = graphs;
    expect(gpu?.nodes).toEqual(cpu?.nodes);
    expect([...(gpu?.constants ?? [])]).toEqual([...(cpu?.constants ?? [])]);
  });
});

describe.skipIf(!hasGpu)("a gradient on the engine webgpu", () => {
  test("is compared with differences that are awaited", async () => {
    useGpu();
    await onGpu();
    refuseReads();
    const x = tf.tensor1d([1, -3, 2, 0.5]);
    const { numTensors } = tf.memory();
    expect(await awaitedGradientError((a) => addRelu(a, tf.ones([4])).square(), [x])).toBeLessThan(5e-3);
    const wrong = tf.customGrad((a, save) => {
      (save as tf.GradSaveFunc)([a as tf.Tensor]);
      return { value: (a as tf.Tensor).square(), gradFunc: (dy: tf.Tensor) => dy };
    });
    expect(await awaitedGradientError((a) => wrong(a), [x])).toBeGreaterThan(0.5);
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});
