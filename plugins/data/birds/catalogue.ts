/** Which bird is at which place of which split: the data set, before any pixel is drawn. */
import { createRandom, type Split } from "../../../core/index.js";
import { layOut } from "./anatomy.js";
import type { Box } from "./paths.js";
import { createScene, type Scene } from "./scene.js";
import { type PartName, speciesAt, speciesName } from "./species.js";

/** What the built-in data set consists of. */
export interface BirdCounts {
  /** Kinds, 2 to 24. Default 12. */
  readonly classes?: number;
  /** Training images of each kind. Default 60. */
  readonly train?: number;
  /** Validation images of each kind, further ones: training and test images stay the same. Default 0. */
  readonly validation?: number;
  /** Test images of each kind. Default 25. */
  readonly test?: number;
  /** Another seed gives other pictures of the same kinds. Default 0. */
  readonly seed?: number;
  /** How large the birds are, 0.4 to 1: the smaller, the more resolution the kinds need. Default 1. */
  readonly size?: number;
}

export const birdDefaults = { classes: 12, train: 60, validation: 0, test: 25, seed: 0, size: 1 } as const;

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
