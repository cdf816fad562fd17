/** The operations of RandAugment and TrivialAugment: a picture and one strength. */
import { type AffineMap, type AffineOptions, affine, rotation } from "./pixels/affine.js";
import {
  autoContrast,
  brightness,
  contrast,
  equalize,
  invert,
  posterize,
  saturation,
  solarize,
  solarizeAdd,
} from "./pixels/colour.js";
import { sharpness } from "./pixels/neighbours.js";
import type { Pixels } from "./pixels/pixels.js";

/** A picture of a strength; `sign` counts where an operation goes both ways. */
export type Operation = (picture: Pixels, strength: number, sign: 1 | -1, sampling: AffineOptions) => Pixels;

const moved =
  (mapOf: (picture: Pixels, signed: number) => AffineMap, strengthOf: (strength: number) => number): Operation =>
  (picture, strength, sign, sampling) =>
    affine(picture, mapOf(picture, sign * strengthOf(strength)), sampling);

const shearX = (_: Pixels, by: number): AffineMap => [1, by, 0, 0, 1, 0];
const shearY = (_: Pixels, by: number): AffineMap => [1, 0, 0, by, 1, 0];
const shiftX = (_: Pixels, by: number): AffineMap => [1, 0, by, 0, 1, 0];
const shiftY = (_: Pixels, by: number): AffineMap => [1, 0, 0, 0, 1, by];

type Enhance = (picture: Pixels, factor: number) => Pixels;

/** timm's `inc1`: a higher magnitude always changes more. */
const enhanced =
  (enhance: Enhance): Operation =>
  (picture, magnitude, sign) =>
    enhance(picture, Math.max(0.1, 1 + sign * 0.09 * magnitude));

/**
 * RandAugment's fifteen, by a magnitude from 0 to 10.
 *
 * @see methods/deit-convnext.md §7; "RandAugment", 2020; timm's set with `inc1`
 */
export const randAugmentOperations = {
  "auto-contrast": (picture) => autoContrast(picture),
  equalize: (picture) => equalize(picture),
  invert: (picture) => invert(picture),
  rotate: moved(rotation, (m) => 3 * m),
  posterize: (picture, m) => posterize(picture, 4 - Math.floor(0.4 * m)),
  solarize: (picture, m) => solarize(picture, 256 - Math.min(256, Math.floor(25.6 * m))),
  "solarize-add": (picture, m) => solarizeAdd(picture, Math.min(128, Math.floor(11 * m))),
  colour: enhanced(saturation),
  contrast: enhanced(contrast),
  brightness: enhanced(brightness),
  sharpness: enhanced(sharpness),
  "shear-x": moved(shearX, (m) => 0.03 * m),
  "shear-y": moved(shearY, (m) => 0.03 * m),
  "translate-x": moved(
    (picture, by) => shiftX(picture, by * picture.width),
    (m) => 0.045 * m,
  ),
  "translate-y": moved(
    (picture, by) => shiftY(picture, by * picture.height),
    (m) => 0.045 * m,
  ),
} as const satisfies Readonly<Record<string, Operation>>;

/** torchvision's bins of a strength: 0 to 30. */
export const trivialBins = 31;

/** What a bin means to each operation that has strengths: a slant, pixels, degrees, a factor's distance from 1, bits, a threshold. */
export const trivialStrengths = {
  "shear-x": (bin) => (0.99 * bin) / 30,
  "shear-y": (bin) => (0.99 * bin) / 30,
  "translate-x": (bin) => Math.trunc((32 * bin) / 30),
  "translate-y": (bin) => Math.trunc((32 * bin) / 30),
  rotate: (bin) => (135 * bin) / 30,
  brightness: (bin) => (0.99 * bin) / 30,
  colour: (bin) => (0.99 * bin) / 30,
  contrast: (bin) => (0.99 * bin) / 30,
  sharpness: (bin) => (0.99 * bin) / 30,
  posterize: (bin) => 8 - Math.round(bin / 5),
  solarize: (bin) => 255 - (255 * bin) / 30,
} as const satisfies Readonly<Record<string, (bin: number) => number>>;

const wide =
  (enhance: Enhance, strengthOf: (bin: number) => number): Operation =>
  (picture, bin, sign) =>
    enhance(picture, 1 + sign * strengthOf(bin));

/**
 * TrivialAugment's fourteen in the wide space, by a bin from 0 to 30.
 *
 * @see "TrivialAugment", 2021; torchvision, `TrivialAugmentWide`
 */
export const trivialAugmentOperations = {
  identity: (picture) => picture,
  "shear-x": moved(shearX, trivialStrengths["shear-x"]),
  "shear-y": moved(shearY, trivialStrengths["shear-y"]),
  "translate-x": moved(shiftX, trivialStrengths["translate-x"]),
  "translate-y": moved(shiftY, trivialStrengths["translate-y"]),
  rotate: moved(rotation, trivialStrengths.rotate),
  brightness: wide(brightness, trivialStrengths.brightness),
  colour: wide(saturation, trivialStrengths.colour),
  contrast: wide(contrast, trivialStrengths.contrast),
  sharpness: wide(sharpness, trivialStrengths.sharpness),
  posterize: (picture, bin) => posterize(picture, trivialStrengths.posterize(bin)),
  solarize: (picture, bin) => solarize(picture, trivialStrengths.solarize(bin)),
  "auto-contrast": (picture) => autoContrast(picture),
  equalize: (picture) => equalize(picture),
} as const satisfies Readonly<Record<string, Operation>>;
