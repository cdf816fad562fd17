import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createTraining, type Mode, type Models, Parameters } from "../../../core/index.js";
import { type GeneratedImagesOptions, generatedImages } from "../../../plugins/generators/index.js";
import { startEngine } from "../../support/engines.js";

beforeAll(() => startEngine("cpu"));

/** How the generator was asked for the images of one batch. */
async function modeOf(options: GeneratedImagesOptions): Promise<Mode | undefined> {
  let asked: Mode | undefined;
  const generator = {
    parameters: new Parameters(),
    forward: (_: object, mode: Mode) => {
      asked = mode;
      return { images: tf.zeros([1, 2, 2, 3]) as tf.Tensor4D };
    },
  };
  const models = {
    get: () => generator,
    view: () => generator,
    addView: () => generator,
    built: [],
    isPretrained: () => false,
  } satisfies Models;
  const training = createTraining({ plugins: [generatedImages(options)], services: { models } });
  const batch = await training.hooks.batch.promise({}, { epoch: 0, index: 0, progress: 0 });
  expect(batch.images?.shape).toEqual([1, 2, 2, 3]);
  return asked;
}

describe("the student's images", () => {
  test("are made as in the generator's own steps, or by its running averages", async () => {
    expect(await modeOf({})).toBe("train");
    expect(await modeOf({ generatorMode: "eval" })).toBe("eval");
  });
});
