/** `explain`: where a network looks at images. */
import * as tf from "@tensorflow/tfjs";
import { largest } from "../evaluation/scores.js";
import type { Model } from "../models/model.js";
import { resizedMaps } from "../ops/index.js";
import { invalidOption } from "../values/errors.js";
import { type Batch, need, type Outputs, release } from "../values/records.js";
import { chooseExplainMethod, type ExplainMethod, type ExplainMethodName, unable } from "./methods.js";

export interface ExplainOptions {
  /** By name. Default `auto`: what the network has all for, see `explainMethods`. */
  readonly method?: ExplainMethodName | (string & {});
  /** Of gradient methods: the inner map that they look at, of `model.maps`, such as `layer3`. Default: the last. */
  readonly map?: string | undefined;
  /** The class that is asked about: of each image its position in the logits. Default `predicted`: what the network answers. */
  readonly classOf?: "predicted" | readonly number[];
  /** What messages call the model. Default `model`. */
  readonly role?: string;
}

/** Maps of one size. */
export interface Maps {
  readonly height: number;
  readonly width: number;
  /** `[images, height, width]`, each map by itself from 0 to 1; all of it 0 where the network looks nowhere in particular. */
  readonly values: Float32Array;
}

/** Where a network looks at some images. */
export interface Explained {
  /** The method that was used. */
  readonly method: string;
  /** The inner map that it looked at, where that is not the usual one. */
  readonly map?: string;
  /** Of each image, the class that was asked about. */
  readonly labels: readonly number[];
  /** `[images, classes]`: what the network answers. */
  readonly logits: Float32Array;
  /** At the size of the batch's images; 0 where the network does not see them (`models.<role>.input.crop`). */
  readonly maps: Maps;
  /** As coarse as the network has them, of what it sees. */
  readonly cells: Maps;
}

/**
 * Where a network looks at images, as a map of each. The network is run as in tests; methods with gradients run it twice, and hold
 * what a training step would.
 *
 * @param batch `images`, `[images, height, width, 3]`, and their normalisation, as a model takes them; stays the caller's
 * @throws FGKD_UNKNOWN_NAME for a method that there is not; FGKD_INVALID_OPTION for one that the network lacks something for, and for a
 *   class that it does not know
 * @example
 * const { maps } = await explain(models.get("student"), batch, { method: "grad-cam" });
 */
export async function explain(model: Model, batch: Batch, options: ExplainOptions = {}): Promise<Explained> {
  const { method: asked = "auto", map: layer, classOf = "predicted", role = "model" } = options;
  const images = need(batch, "images", "explain");
  const outputs = answersOf(model, batch);
  try {
    const answer = need(outputs, "logits", `model ${role}`);
    const logits = Float32Array.from(await answer.data());
    const labels = classOf === "predicted" ? largestOf(logits, answer.shape) : checked(classOf, answer.shape);
    const { height, width } = seenOf(model, images);
    const side = model.input?.size ?? Math.min(height, width);
    const chosen = chooseExplainMethod({ method: asked, map: layer, role }, model, outputs, side);
    const by = chosen.method;
    const both = tf.tidy(() => {
      const map = by.map({ model, batch, outputs, labels: oneHot(labels, answer.shape[1]), map: chosen.map });
      if (!map) throw unable(role, chosen.name, "needs logits that are computed from the map that it looks at");
      return scaled(map, [height, width], by);
    });
    const [, rows, columns] = both.cells.shape;
    const maps = around(both.maps, images);
    const values = { maps: Float32Array.from(await maps.data()), cells: Float32Array.from(await both.cells.data()) };
    tf.dispose([maps, both.maps, both.cells]);
    return {
      method: chosen.name,
      ...(chosen.map !== undefined && { map: chosen.map }),
      labels,
      logits,
      maps: { height: images.shape[1], width: images.shape[2], values: values.maps },
      cells: { height: rows, width: columns, values: values.cells },
    };
  } finally {
    release(outputs);
  }
}

/** What methods look at before they run the network again. */
function answersOf(model: Model, batch: Batch): Outputs {
  return tf.tidy(() => {
    const { logits, features, gate, pooledScale } = model.forward(batch, "eval");
    const given = Object.entries({ logits, features, gate, pooledScale }).filter(([, value]) => value !== undefined);
    // What a network gives may be what it was given.
    return Object.fromEntries(given.map(([name, value]) => [name, value?.clone()])) as tf.NamedTensorMap;
  });
}

/** The part of the batch's images that the model looks at, in their pixels. */
function seenOf({ input }: Model, { shape: [, height, width] }: tf.Tensor4D) {
  const crop = input?.crop ?? null;
  return crop === null ? { height, width } : { height: crop, width: crop };
}

/** Enlarged first: the extremes of a map are those of what is shown. */
function scaled(map: tf.Tensor3D, [height, width]: readonly [number, number], { floor }: ExplainMethod) {
  const large = resizedMaps(map, height, width);
  const least = floor === "zero" ? tf.zeros([map.shape[0], 1, 1]) : large.min([1, 2], true);
  const range = large.max([1, 2], true).sub(least);
  const divisor = tf.where(range.greater(0), range, 1);
  const inRange = (values: tf.Tensor3D) => {
    const shares = values.sub(least).div<tf.Tensor3D>(divisor).clipByValue(0, 1);
    return shares.mul<tf.Tensor3D>(range.greater(0).toFloat());
  };
  return { maps: inRange(large), cells: inRange(map) };
}

function around(maps: tf.Tensor3D, { shape: [, height, width] }: tf.Tensor4D): tf.Tensor3D {
  const [, down, across] = maps.shape;
  const sides = (room: number): [number, number] => [Math.floor(room / 2), Math.ceil(room / 2)];
  return tf.pad(maps, [[0, 0], sides(height - down), sides(width - across)]);
}

function largestOf(logits: Float32Array, [images, classes]: readonly [number, number]): readonly number[] {
  return Array.from({ length: images }, (_, image) => {
    return largest(logits.subarray(image * classes, (image + 1) * classes));
  });
}

function checked(labels: readonly number[], [images, classes]: readonly [number, number]): readonly number[] {
  const isOne = (label: number) => Number.isInteger(label) && label >= 0 && label < classes;
  if (labels.length === images && labels.every(isOne)) return labels;
  throw invalidOption(
    "explain",
    "classOf",
    `a position of one of ${classes} classes for each of ${images} images`,
    labels,
    'Count classes from 0, or say "predicted".',
  );
}

function oneHot(labels: readonly number[], classes: number): tf.Tensor2D {
  return tf.oneHot(tf.tensor1d([...labels], "int32"), classes).toFloat() as tf.Tensor2D;
}
