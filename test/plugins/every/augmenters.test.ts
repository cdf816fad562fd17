/** What every registered augmenter must keep to, whoever registered it: driven by the registry. */
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import {
  type Batch,
  createRandom,
  createRandomStreams,
  createTraining,
  release,
  type Settings,
} from "../../../core/index.js";
import { modelsOf } from "../../../core/testing/index.js";
import { catalogue } from "../../../plugins/index.js";
import { startEngine } from "../../support/engines.js";

const step = { epoch: 0, index: 0, progress: 0 };
const plugins = [catalogue()];
const classes = ["crow", "raven", "rook"];
const names = createTraining({ plugins }).augmenters.names;

beforeAll(() => startEngine("cpu"));

function teacher() {
  const { backbones } = createTraining({ plugins, services: { classes } });
  return backbones.choose({ name: "resnet", depths: [1], widths: [4], stem: { filters: 4, pool: false } } as never);
}

const batchOf = (): Batch => ({
  images: tf.tensor4d(createRandom("images").normals(4 * 12 * 12 * 3), [4, 12, 12, 3]),
  labels: tf.tidy(() => tf.oneHot(tf.tensor1d([0, 1, 2, 1], "int32"), 3).toFloat()) as tf.Tensor2D,
});

/** What becomes of three batches, one after the other, as numbers. */
async function changed(name: string, seed: number, model = teacher()): Promise<readonly number[][]> {
  const augmenters = [{ name }] as unknown as Settings["augmenters"];
  const services = { classes, models: modelsOf({ teacher: model }), random: createRandomStreams(seed) };
  const { hooks } = createTraining({ plugins, config: { augmenters }, services });
  const all: number[][] = [];
  for (let index = 0; index < 3; index++) {
    const batch = await hooks.batch.promise(batchOf(), step);
    for (const value of Object.values(batch)) if (value instanceof tf.Tensor) all.push(Array.from(value.dataSync()));
    release(batch);
  }
  return all;
}

test("there are augmenters to look at", () => expect(names.length).toBeGreaterThan(3));

describe.each(names)("the augmenter %s", (name) => {
  test("gives finite numbers of the shapes it was given", async () => {
    const all = await changed(name, 1);
    expect(all.flat().every(Number.isFinite)).toBe(true);
    expect(all[0]).toHaveLength(4 * 12 * 12 * 3);
  });

  test("draws from the run's seed alone: the same seed does the same, another does not", async () => {
    const model = teacher();
    const [first, again, other] = [
      await changed(name, 1, model),
      await changed(name, 1, model),
      await changed(name, 2, model),
    ];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  test("changes no tensor in its place, and leaves none behind", async () => {
    const model = teacher();
    const augmenters = [{ name }] as unknown as Settings["augmenters"];
    const { hooks } = createTraining({
      plugins,
      config: { augmenters },
      services: { classes, models: modelsOf({ teacher: model }) },
    });
    // What a model derives when it first looks is kept with it.
    release(await hooks.batch.promise(batchOf(), step));
    const batch = batchOf();
    const kept = tf.clone(batch.images as tf.Tensor4D);
    const before = kept.dataSync().slice();
    const tensors = tf.memory().numTensors;
    const result = await hooks.batch.promise(batch, step);
    expect(kept.dataSync()).toEqual(before);
    release(result);
    // The images and the labels that the batch came with are gone, by whoever displaced them or now.
    expect(tf.memory().numTensors).toBe(tensors - 2);
    kept.dispose();
  });
});
