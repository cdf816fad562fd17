/** A look at what a generator makes, by the outputs of its own training's teacher and student. */
import * as tf from "@tensorflow/tfjs";
import { createRandom, need, type Role, type Training } from "../../../core/index.js";
import {
  denormalised,
  type ImageStatistics,
  imageStatistics,
  type LayerDistance,
  layerDistances,
} from "./statistics.js";

const owner = "generator-health";

/** Pictures that are kept. */
const shown = 32;

export interface Judging {
  /** The role whose images are looked at. Default `generator`. */
  readonly generator?: Role;
  /** Default `teacher`. */
  readonly teacher?: Role;
  /** Default `student`. `null`: none takes part. */
  readonly student?: Role | null;
}

/** What a look finds. */
export interface Look {
  readonly images: ImageStatistics;
  /** By image. */
  readonly byTeacher: Int32Array;
  readonly byStudent: Int32Array | null;
  readonly layers: readonly LayerDistance[];
  /** `[count, height, width, 3]` in [0, 1], of the first few images. */
  readonly pixels: Float32Array;
  readonly shape: readonly [number, number, number];
}

/**
 * Makes a batch of images as the generator does in its training, and asks teacher and student (eval mode) about them.
 * Nothing moves: no weight, no average, no stream.
 *
 * @param size numbers that an image is made from
 * @param seed of the noise
 */
export async function lookAt(
  { models, config }: Pick<Training, "models" | "config">,
  { generator, teacher, student }: Required<Judging>,
  size: number,
  seed: string,
): Promise<Look> {
  const { batchSize, input } = config;
  const noise = createRandom(seed).normals(batchSize * size);
  const direct = (config.models[generator]?.backbone as { readonly range?: string } | undefined)?.range === "direct";
  let names: readonly string[] = [];
  const found = tf.tidy(() => {
    const made = models.get(generator).forward({ noise: tf.tensor2d(noise, [batchSize, size]) }, "batch-statistics");
    const images = need(made, "images", owner, `The model of role "${generator}" makes none.`);
    const { normalisation = input } = made;
    const judged = models.get(teacher).forward({ images, normalisation }, "eval", { normInputs: true });
    const inputs = judged.normInputs ?? [];
    names = inputs.map((input, index) => input.name ?? `${index + 1}`);
    const pixels = denormalised(images, normalisation);
    const choice = (logits: tf.Tensor2D) => logits.argMax<tf.Tensor1D>(-1);
    return {
      numbers: imageStatistics(pixels, direct ? images : pixels.mul(2).sub(1)),
      byTeacher: choice(need(judged, "logits", owner)),
      byStudent:
        student === null
          ? []
          : [choice(need(models.get(student).forward({ images, normalisation }, "eval"), "logits", owner))],
      layers: inputs.length === 0 ? [] : [layerDistances(inputs)],
      pixels: pixels.slice(0, Math.min(shown, batchSize)),
    };
  });
  if (student !== null) models.get(student).parameters.forgetDerived();
  try {
    const [meanAbsolute = 0, saturated = 0, spread = 0] = await found.numbers.data();
    const byStudent = await found.byStudent[0]?.data();
    const distances = (await found.layers[0]?.array()) ?? [];
    return {
      images: { meanAbsolute, saturated, spread },
      // Copies: on some engines data() is a view of memory that is used again.
      byTeacher: Int32Array.from(await found.byTeacher.data()),
      byStudent: byStudent ? Int32Array.from(byStudent) : null,
      layers: distances.map(([mean = 0, variance = 0], index) => ({
        layer: names[index] as string,
        mean,
        variance,
      })),
      pixels: Float32Array.from(await found.pixels.data()),
      shape: found.pixels.shape.slice(0, 3) as [number, number, number],
    };
  } finally {
    tf.dispose(found);
  }
}
