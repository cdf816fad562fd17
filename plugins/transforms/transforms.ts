/** Transforms of pictures: a plugin that registers them. */
import { definePlugin, invalidOption } from "../../core/index.js";
import { centerCrop, defaults, flip, randomCrop, randomResizedCrop, resize } from "./built-in.js";
import type {
  CenterCropOptions,
  FlipOptions,
  RandomCropOptions,
  RandomResizedCropOptions,
  ResizeOptions,
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
    transforms.register("resize", {
      defaults: defaults.resize,
      check: ({ size, fit, interpolation }) => {
        checkSide("resize", "size", size);
        if (fit !== null) checkOneOf("resize", "fit", fit, ["shorter", "warp"]);
        checkInterpolation("resize", interpolation);
      },
      create: resize,
    });
    transforms.register("random-crop", {
      defaults: defaults.randomCrop,
      check: ({ size, pad }) => {
        checkSide("random-crop", "size", size);
        checkSide("random-crop", "pad", pad, 0);
      },
      create: randomCrop,
    });
    transforms.register("center-crop", {
      defaults: defaults.centerCrop,
      check: ({ size }) => checkSide("center-crop", "size", size),
      create: centerCrop,
    });
    transforms.register("flip", {
      defaults: defaults.flip,
      check: ({ probability }) => {
        if (probability !== null && !(probability >= 0 && probability <= 1))
          throw invalidOption("transform flip", "probability", "from 0 to 1", probability, "Half is usual.");
      },
      create: flip,
    });
    transforms.register("random-resized-crop", {
      defaults: defaults.randomResizedCrop,
      check: ({ size, scale, ratio, interpolation }) => {
        checkSide("random-resized-crop", "size", size);
        checkRange("scale", scale, 1);
        checkRange("ratio", ratio, Number.POSITIVE_INFINITY);
        checkInterpolation("random-resized-crop", interpolation);
      },
      create: randomResizedCrop,
    });
  },
});

function checkSide(name: string, option: string, side: number | null, least = 1): void {
  if (side === null || (Number.isInteger(side) && side >= least && side <= 2 ** 14)) return;
  const remedy = "null takes what the stage's input says.";
  throw invalidOption(`transform ${name}`, option, `a whole number of pixels from ${least} to 2^14`, side, remedy);
}

function checkRange(option: string, range: readonly [number, number], most: number): void {
  const [low, high] = range;
  if (range.length === 2 && low > 0 && low <= high && high <= most) return;
  const mustBe = most === 1 ? "two numbers above 0, up to 1, the lower first" : "two numbers above 0, the lower first";
  const remedy = `The default is [${defaults.randomResizedCrop[option as "scale"].join(", ")}].`;
  throw invalidOption("transform random-resized-crop", option, mustBe, range, remedy);
}

function checkInterpolation(name: string, interpolation: string): void {
  checkOneOf(name, "interpolation", interpolation, ["bilinear", "bicubic"]);
}

function checkOneOf(name: string, option: string, value: string, known: readonly string[]): void {
  if (known.includes(value)) return;
  throw invalidOption(`transform ${name}`, option, `one of ${known.join(", ")}`, value, `Try "${known[0]}".`);
}
