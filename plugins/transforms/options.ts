/** What each of fgkd's own transforms can be told. Sizes in pixels; `null` is what the stage's `input` says. */
import { z } from "zod";
import type { OptionsOf } from "../../core/index.js";
import { share } from "../layers/option-types.js";

/** Far beyond any network's input, and small enough for buffers of its square. */
const most = 2 ** 14;
const side = z.number().int().positive().max(most).nullable().default(null);
const square = side.describe("Side of the square; null: input.crop.");
const interpolation = z
  .enum(["bilinear", "bicubic"])
  .default("bilinear")
  .describe("The filter, antialiased as Pillow does it.");

export const resizeSchema = z.object({
  size: side.describe("What the sides become; null: input.resize."),
  fit: z
    .enum(["shorter", "longer", "warp", "pad"])
    .nullable()
    .default(null)
    .describe("shorter, longer: that side becomes size; warp: both do; pad: as longer, black around; null: input.fit."),
  interpolation,
});

export const randomCropSchema = z.object({
  size: square,
  pad: z
    .number()
    .int()
    .nonnegative()
    .max(most)
    .nullable()
    .default(null)
    .describe("Black pixels around the picture; null: input.pad."),
});

const pixel = z.number().int().min(0).max(255);

export const centerCropSchema = z.object({
  size: square,
  fill: z
    .union([z.literal("mean"), z.tuple([pixel, pixel, pixel]).readonly()])
    .nullable()
    .default(null)
    .describe(
      "Colour around a picture that is smaller: mean, which is input.mean, or red, green, blue; null: none may be.",
    ),
});

export const flipSchema = z.object({
  probability: share.nullable().default(null).describe("How often left becomes right; null: input.flip."),
});

const pair = z.tuple([z.number(), z.number()]);
const isRising = ([low, high]: readonly [number, number]) => low > 0 && low <= high;

export const randomResizedCropSchema = z.object({
  size: square,
  scale: pair
    .refine((range) => isRising(range) && range[1] <= 1, "two numbers above 0, up to 1, the lower first")
    .readonly()
    .default([0.08, 1])
    .describe("Share of the picture's area that is cut out: from, to."),
  ratio: pair
    .refine(isRising, "two numbers above 0, the lower first")
    .readonly()
    .default([3 / 4, 4 / 3])
    .describe("Width by height of what is cut out: from, to."),
  interpolation,
});

export type ResizeOptions = OptionsOf<typeof resizeSchema>;
export type RandomCropOptions = OptionsOf<typeof randomCropSchema>;
export type CenterCropOptions = OptionsOf<typeof centerCropSchema>;
export type FlipOptions = OptionsOf<typeof flipSchema>;
export type RandomResizedCropOptions = OptionsOf<typeof randomResizedCropSchema>;
