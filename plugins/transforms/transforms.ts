/** Transforms of pictures: a plugin that registers them. */
import { definePlugin, describeOptions, type OptionsSchema } from "../../core/index.js";
import {
  type BlurOptions,
  blurSchema,
  type ColourJitterOptions,
  colourJitterSchema,
  type GreyOptions,
  greySchema,
  type RandAugmentOptions,
  type RandomErasingOptions,
  randAugmentSchema,
  randomErasingSchema,
  type TrivialAugmentOptions,
  trivialAugmentSchema,
} from "./augment-options.js";
import { blur, colourJitter, grey, randAugment, randomErasing, trivialAugment } from "./augmentations.js";
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
    /** Brightness, contrast, saturation and hue, in a random order. */
    "colour-jitter": ColourJitterOptions;
    /** Colours go, now and then. */
    grey: GreyOptions;
    /** Out of focus, now and then. */
    blur: BlurOptions;
    /** A few of fifteen operations, by magnitude. */
    "rand-augment": RandAugmentOptions;
    /** One of fourteen operations, of any strength. */
    "trivial-augment": TrivialAugmentOptions;
    /** A part becomes noise. */
    "random-erasing": RandomErasingOptions;
  }
}

/**
 * Registers `resize`, `random-crop`, `center-crop`, `flip`, `random-resized-crop`, `colour-jitter`, `grey`, `blur`, `rand-augment`,
 * `trivial-augment` and `random-erasing`, for `input.transforms`.
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
    transforms.register("colour-jitter", { ...describe("colour-jitter", colourJitterSchema), create: colourJitter });
    transforms.register("grey", { ...describe("grey", greySchema), create: grey });
    transforms.register("blur", { ...describe("blur", blurSchema), create: blur });
    transforms.register("rand-augment", { ...describe("rand-augment", randAugmentSchema), create: randAugment });
    transforms.register("trivial-augment", {
      ...describe("trivial-augment", trivialAugmentSchema),
      create: trivialAugment,
    });
    transforms.register("random-erasing", {
      ...describe("random-erasing", randomErasingSchema),
      create: randomErasing,
    });
  },
});

function describe<S extends OptionsSchema>(name: string, schema: S) {
  return describeOptions(`transform ${name}`, schema);
}
