/** What every generator of images can be told. */
import * as tf from "@tensorflow/tfjs";
import { invalidOption, type Model } from "../../core/index.js";
import { checkCounts } from "../layers/option-checks.js";

export interface GeneratorCommonOptions {
  /** Numbers that an image is made from. Default 256. */
  readonly noise?: number;
  /** Side of the images, in pixels. Default 224. */
  readonly size?: number;
  /**
   * `pixel`: the result of the last layer is a pixel in [0, 1], which is then normalised, so that every colour can be
   * reached. `direct`: it is the normalised image itself. Default `pixel`.
   */
  readonly range?: "pixel" | "direct";
  /**
   * Of the images as they are made, with `range: "pixel"`; whoever looks at them has them in its own. What
   * `models.<role>.input` says otherwise, they are led over to. Default ImageNet's.
   */
  readonly mean?: readonly [number, number, number];
  readonly deviation?: readonly [number, number, number];
}

export const generatorDefaults = {
  noise: 256,
  size: 224,
  range: "pixel",
  mean: [0.485, 0.456, 0.406],
  deviation: [0.229, 0.224, 0.225],
} as const;

/** @throws FGKD_INVALID_OPTION */
export function checkGenerator(owner: string, options: Required<GeneratorCommonOptions>, growth: number): void {
  const { noise, size } = options;
  checkCounts(owner, "noise", [noise]);
  checkCounts(owner, "size", [size]);
  if (size % growth !== 0) throw invalidOption(owner, "size", `a multiple of ${growth}`, size, `Try ${growth * 4}.`);
}

/** The normalised image, from the result of a `tanh`. */
export function normalised(image: tf.Tensor4D, options: Required<GeneratorCommonOptions>): tf.Tensor4D {
  if (options.range === "direct") return image;
  return tf.tidy(() => image.add(1).div(2).sub(options.mean).div<tf.Tensor4D>(options.deviation));
}

/** What others must know of the images: what a `direct` one means is for its settings, its file or its stage to say. */
export function makes({ size, range, mean, deviation }: Required<GeneratorCommonOptions>): Model["makes"] {
  return range === "direct" ? { size } : { size, mean, deviation };
}
