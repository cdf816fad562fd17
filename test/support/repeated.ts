/** Trainings on noise with passes that are run again without their layers, and without: what comes of both is compared. */
import * as tf from "@tensorflow/tfjs";
import { expect, test } from "vitest";
import { type Config, createRun, definePlugin, definePreset, type Engine, startEngine } from "../../core/index.js";
import {
  convnext,
  crossEntropy,
  deit,
  logitDistillation,
  optimizers,
  resnet,
  snapmix,
  teacherLogits,
} from "../../plugins/index.js";
import { noisePictures } from "../presets/pictures.js";

const small = { name: "resnet", block: "basic", depths: [1, 1], widths: [8, 16] } as const;

/** Networks of other layers. */
const others = [
  { name: "deit", size: 16, patch: 8, width: 8, depth: 2, heads: 2 },
  { name: "convnext", depths: [1, 1], widths: [8, 16], patch: 2 },
] as const;

const ofLayers = ["Conv2D", "FusedConv2D", "FgkdBatchNormTraining", "FgkdLayerNorm", "FgkdGelu"];
const ofLosses = ["FgkdLogSoftmax", "FgkdLogSoftmaxGrad"];

/** Counts the kernels of a network's layers, and of losses, that tfjs is asked for during the work. */
async function counting<T>(work: () => Promise<T>) {
  const engine = tf.engine();
  const run = engine.runKernel.bind(engine);
  let [kernels, ofLoss] = [0, 0];
  engine.runKernel = <Made extends tf.Tensor | tf.Tensor[]>(...call: Parameters<typeof run>): Made => {
    if (ofLayers.includes(call[0])) kernels++;
    if (ofLosses.includes(call[0])) ofLoss++;
    return run<Made>(...call);
  };
  try {
    return { result: await work(), kernels, ofLoss };
  } finally {
    Reflect.deleteProperty(engine, "runKernel");
  }
}

interface Training {
  /** What the student's stage has beside network, images and optimisers. Default: cross-entropy. */
  readonly plugins?: Parameters<typeof definePreset>[0]["plugins"];
  readonly settings?: object;
}

/** Losses and kernels of each step, and all weights at the end, of a network that is trained on noise. */
async function trained(engine: Engine, { plugins = [crossEntropy()], settings }: Training) {
  await startEngine(engine);
  const { numTensors } = tf.memory();
  const preset = definePreset({
    name: "small",
    summary: "a network on noise",
    plugins: [resnet(), deit(), convnext(), noisePictures(), optimizers()],
    stages: { student: { trains: "student", plugins }, teacher: { trains: "teacher", plugins: [crossEntropy()] } },
    defaults: {
      epochs: 4,
      batchSize: 4,
      data: { name: "noise-pictures" },
      models: { student: { backbone: small }, teacher: { backbone: small } },
      optimizer: { name: "sgd", learningRate: 0.05, momentum: 0.9 },
      evaluation: { every: 0 },
      ...settings,
    } as Config,
  });
  const run = await createRun({ preset });
  const losses: unknown[] = [];
  const kernels: number[] = [];
  const ofLoss: number[] = [];
  const steps = run.steps();
  for (;;) {
    const { result, ...counted } = await counting(() => steps.next());
    if (result.done || result.value.stage === "teacher") break;
    losses.push(result.value.losses);
    kernels.push(counted.kernels);
    ofLoss.push(counted.ofLoss);
  }
  const weights = Object.fromEntries(await run.models.get("student").parameters.export());
  await run.close();
  expect(tf.memory().numTensors).toBe(numTensors);
  return { trace: { losses, weights }, kernels, ofLoss };
}

/** Kernels of each step, with and without layers that run; what comes of both must be the same. */
async function compared(engine: Engine, training: Training) {
  // Its layers run every time.
  const { recorder: _, ...plainEngine } = engine;
  const plain = await trained(plainEngine, training);
  const repeated = await trained(engine, training);
  expect(repeated.trace).toEqual(plain.trace);
  const losses = { plain: plain.ofLoss, repeated: repeated.ofLoss };
  return { plain: plain.kernels, repeated: repeated.kernels, losses };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** From an epoch on, the last map takes part in the loss. */
function lateFeatures(from: number) {
  return definePlugin({
    name: "late-features",
    defaults: {},
    apply({ hooks }) {
      hooks.loss.tap("late-features", (terms, { features }, _batch, { epoch }) =>
        epoch < from || !features ? terms : { ...terms, late: features.square().mean().asScalar() },
      );
    },
  })();
}

/** What must hold on any engine that has a recorder. */
export function testRepeating(engineOf: () => Engine): void {
  test("compute the bytes of layers that run, in training and in tests", async () => {
    const { plain, repeated } = await compared(engineOf(), { settings: { evaluation: { every: 1 } } });
    // The last epoch, with its test.
    expect(sum(plain.slice(-2))).toBeGreaterThan(0);
    expect(sum(repeated.slice(-2))).toBe(0);
  });

  test("do so beside a teacher, after a look with the student itself, and where gradients are gathered over steps", async () => {
    const plugins = [
      snapmix({ map: "student" }),
      teacherLogits(),
      crossEntropy(),
      logitDistillation({ temperature: 3 }),
    ];
    const { plain, repeated, losses } = await compared(engineOf(), { plugins, settings: { accumulate: 2 } });
    expect(sum(plain.slice(-2))).toBeGreaterThan(0);
    expect(sum(repeated.slice(-2))).toBe(0);
    // So are the losses.
    expect(sum(losses.plain.slice(-2))).toBeGreaterThan(0);
    expect(sum(losses.repeated.slice(-2))).toBe(0);
  });

  test("run the layers after all where a loss asks for another gradient than before", async () => {
    const { repeated } = await compared(engineOf(), { plugins: [crossEntropy(), lateFeatures(3)] });
    const [before, asked] = [repeated.slice(4, 6), repeated.slice(6, 8)];
    expect(sum(before)).toBe(0);
    expect(sum(asked)).toBeGreaterThan(0);
  });

  test.each(others.map((backbone) => [backbone.name, backbone] as const))("do so in a '%s'", async (_, backbone) => {
    const models = { student: { backbone }, teacher: { backbone: small } };
    const { plain, repeated } = await compared(engineOf(), { settings: { evaluation: { every: 1 }, models } });
    expect(sum(plain.slice(-2))).toBeGreaterThan(0);
    expect(sum(repeated.slice(-2))).toBe(0);
  });

  const adam = { name: "adam", learningRate: 1e-3 };
  const drawing = { models: { student: { backbone: { ...small, dropPath: 0.5 } }, teacher: { backbone: small } } };
  test("are none where a layer draws numbers", async () => {
    const { plain, repeated } = await compared(engineOf(), { settings: { epochs: 3, optimizer: adam, ...drawing } });
    expect(repeated).toEqual(plain);
  });
}
