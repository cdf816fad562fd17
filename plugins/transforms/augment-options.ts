/** What transforms that change colours, or choose among operations, can be told. */
import { z } from "zod";
import type { OptionsOf } from "../../core/index.js";
import { share } from "../layers/option-types.js";

const pixel = z.number().int().min(0).max(255);
const colour = z.tuple([pixel, pixel, pixel]).readonly();
const spread = z.number().nonnegative().max(10);
const sampling = z.enum(["nearest", "bilinear", "bicubic"]);

export const colourJitterSchema = z.object({
  brightness: spread.default(0.4).describe("Factor between 1 − this, at least 0, and 1 + this."),
  contrast: spread.default(0.4).describe("Likewise."),
  saturation: spread.default(0.4).describe("Likewise."),
  hue: z.number().min(0).max(0.5).default(0).describe("Part of the colour circle, either way."),
  probability: share.default(1).describe("How often anything changes."),
});

export const greySchema = z.object({
  probability: share.default(0.1).describe("How often colours go."),
});

const above0 = z.number().positive().max(100);

export const blurSchema = z.object({
  deviation: z
    .tuple([above0, above0])
    .refine(([low, high]) => low <= high, "two numbers above 0, the lower first")
    .readonly()
    .default([0.1, 2])
    .describe("Of the Gaussian, in pixels: from, to."),
  size: z
    .number()
    .int()
    .positive()
    .max(201)
    .refine((size) => size % 2 === 1, "odd")
    .default(9)
    .describe("Pixels across that count, odd."),
  probability: share.default(0.5).describe("How often a picture is blurred."),
});

export const randAugmentSchema = z.object({
  magnitude: z.number().min(0).max(10).default(9).describe("How strong operations are, 0 to 10."),
  deviation: spread.default(0.5).describe("Of the magnitude, which is normally distributed and kept within 0 to 10."),
  operations: z.number().int().positive().max(15).default(2).describe("How many are drawn, with replacement."),
  probability: share.default(0.5).describe("How often each that is drawn is carried out."),
  fill: colour.default([124, 116, 104]).describe("Colour of what comes from outside of the picture."),
  interpolation: sampling.default("bicubic").describe("How turned and moved pictures are sampled."),
});

export const trivialAugmentSchema = z.object({
  fill: colour.default([0, 0, 0]).describe("Colour of what comes from outside of the picture."),
  interpolation: sampling.default("nearest").describe("How turned and moved pictures are sampled."),
});

const pair = z.tuple([z.number(), z.number()]);
const isRising = ([low, high]: readonly [number, number]) => low > 0 && low <= high;

export const randomErasingSchema = z.object({
  probability: share.default(0.25).describe("How often a part is erased."),
  scale: pair
    .refine((range) => isRising(range) && range[1] <= 1, "two numbers above 0, up to 1, the lower first")
    .readonly()
    .default([0.02, 1 / 3])
    .describe("Share of the picture's area: from, to."),
  ratio: pair
    .refine(isRising, "two numbers above 0, the lower first")
    .readonly()
    .default([0.3, 3.33])
    .describe("Height by width of the part: from, to."),
});

export type ColourJitterOptions = OptionsOf<typeof colourJitterSchema>;
export type GreyOptions = OptionsOf<typeof greySchema>;
export type BlurOptions = OptionsOf<typeof blurSchema>;
export type RandAugmentOptions = OptionsOf<typeof randAugmentSchema>;
export type TrivialAugmentOptions = OptionsOf<typeof trivialAugmentSchema>;
export type RandomErasingOptions = OptionsOf<typeof randomErasingSchema>;
