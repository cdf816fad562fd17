/** Which bird is at which place of which split: the data set, before any pixel is drawn. */
import { z } from "zod";
import { createRandom, type OptionsOf, type Split } from "../../../core/index.js";
import { count } from "../../layers/option-types.js";
import { layOut } from "./anatomy.js";
import type { Box } from "./paths.js";
import { createScene, type Scene } from "./scene.js";
import { MOST_SPECIES, type PartName, speciesAt, speciesName } from "./species.js";

/** What the built-in data set consists of: options of the source. */
export const birdCounts = {
  classes: z.number().int().min(2).max(MOST_SPECIES).default(12).describe("Kinds of birds."),
  train: count.default(60).describe("Training images of each kind."),
  validation: z
    .number()
    .int()
    .nonnegative()
    .default(0)
    .describe("Validation images of each kind, further ones: training and test images stay the same."),
  test: count.default(25).describe("Test images of each kind."),
  seed: z.number().default(0).describe("Another seed gives other pictures of the same kinds."),
  size: z
    .number()
    .min(0.4)
    .max(1)
    .default(1)
    .describe(
      "How large the birds are: the smaller, the more resolution the kinds need; at 1 one fills most of the picture.",
    ),
};

export type BirdCounts = OptionsOf<z.ZodObject<typeof birdCounts>>;

export const birdDefaults: Required<BirdCounts> = z.object(birdCounts).parse({});

/** What is known about a picture. */
export interface BirdParts {
  /** Position of its class. */
  readonly label: number;
  /** Where the parts are that tell kinds apart, in fractions of the picture's side (multiply by `input.resize`). */
  readonly parts: Readonly<Record<PartName, Box>>;
}

/** Class names in label order. */
export function birdClasses(classes: number): readonly string[] {
  return Array.from({ length: classes }, (_, label) => speciesName(speciesAt(label)));
}

/** The class at a position of a split: images of a class lie together. */
export function birdLabel(split: Split, index: number, counts: Required<BirdCounts>): number {
  return Math.floor(index / counts[split]);
}

/** The scene at a position of a split; a function of these, the seed and the size alone. */
export function birdScene(split: Split, index: number, counts: Required<BirdCounts>): Scene {
  const label = birdLabel(split, index, counts);
  const within = index - label * counts[split];
  return createScene(speciesAt(label), createRandom(`birds/${counts.seed}/${split}/${label}/${within}`), counts.size);
}

/**
 * The true place of the discriminative parts in a picture of the built-in data set, before cropping.
 *
 * @param index position in the split, as in `batch.indices`
 * @example
 * const { parts } = birdParts("test", 17);
 * const left = parts.beak.left * 128; // in pixels of a picture drawn at input.resize = 128
 */
export function birdParts(split: Split, index: number, counts: BirdCounts = {}): BirdParts {
  const all = { ...birdDefaults, ...counts };
  return { label: birdLabel(split, index, all), parts: layOut(birdScene(split, index, all)).parts };
}
