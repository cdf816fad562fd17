/** Transforms of pictures: a plugin that registers them. */
import { definePlugin, describeOptions, type OptionsSchema } from "../../core/index.js";
import { centerCrop, flip, randomCrop, randomResizedCrop, resize } from "./built-in.js";
import {
  type CenterCropOptions,
  centerCropSchema,
  type FlipOptions,
  flipSchema,
  type RandomCropOptions,
  type RandomResizedCropOptions,
  type ResizeOptions,
  randomCropSchema,
  randomResizedCropSchema,
  resizeSchema,
} from "./options.js";

declare module "../../core/index.js" {
  interface Transforms {
    /** To one size. */
    resize: ResizeOptions;
    /** A random square, with padding. */
    "random-crop": RandomCropOptions;
    /** The square in the middle. */
    "center-crop": CenterCropOptions;
    /** Left becomes right, now and then. */
    flip: FlipOptions;
    /** A random part of random size and shape, resized to a square. */
    "random-resized-crop": RandomResizedCropOptions;
  }
}

/**
 * Registers `resize`, `random-crop`, `center-crop`, `flip` and `random-resized-crop`, for `input.transforms`.
 *
 * @throws FGKD_INVALID_OPTION
 */
export const transforms = definePlugin({
  name: "transforms",
  defaults: {},
  register({ transforms }) {
    transforms.register("resize", { ...describe("resize", resizeSchema), create: resize });
    transforms.register("random-crop", { ...describe("random-crop", randomCropSchema), create: randomCrop });
    transforms.register("center-crop", { ...describe("center-crop", centerCropSchema), create: centerCrop });
    transforms.register("flip", { ...describe("flip", flipSchema), create: flip });
    transforms.register("random-resized-crop", {
      ...describe("random-resized-crop", randomResizedCropSchema),
      create: randomResizedCrop,
    });
  },
});

function describe<S extends OptionsSchema>(name: string, schema: S) {
  return describeOptions(`transform ${name}`, schema);
}
