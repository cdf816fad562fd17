/** The built-in data set: drawn birds that only small parts tell apart, and whose parts' true places are known. */
import { createHash } from "node:crypto";
import { z } from "zod";
import {
  definePlugin,
  describeOptions,
  type OptionsOf,
  type RunScope,
  type Source,
  type Split,
} from "../../core/index.js";
import type { Picture } from "../pictures/index.js";
import { type BirdCounts, birdClasses, birdCounts, birdDefaults, birdLabel, birdScene } from "./birds/catalogue.js";
import { renderBird } from "./birds/render.js";
import { createImageSource } from "./images/image-source.js";
import { threadOptions } from "./images/options.js";
import { createWorkerPool } from "./images/pool.js";

export { attentionOnBird, type BirdPlace, type BirdShares, birdPlaceAt, birdPlaces } from "./birds/attention.js";
export { type BirdCounts, type BirdParts, birdParts } from "./birds/catalogue.js";

/** Raised when the same scene gives other pixels than before: part of the fingerprint. */
const DRAWING = 2;

const schema = z.object({ ...birdCounts, ...threadOptions });

export type BirdOptions = OptionsOf<typeof schema>;

declare module "../../core/index.js" {
  interface Sources {
    readonly birds: BirdOptions;
  }
}

const OWNER = "source birds";

/**
 * Registers the source `birds`: procedural pictures of birds whose kinds differ only in beak, wing marks, tail and
 * surroundings of the eye. Pose, size, colours, light and background vary independently of the kind. Pictures are drawn
 * at `input.resize`, square.
 *
 * @example
 * createTraining({ plugins: [birdSource()] }).sources.create("birds", { classes: 20 });
 */
export const birdSource = definePlugin<object>({
  name: "bird-source",
  defaults: {},
  register: (run) => registerBirds(run),
});

export function registerBirds({ sources }: RunScope): void {
  sources.register("birds", {
    ...describeOptions(OWNER, schema),
    create: (options) => ({ open: async () => openBirds(options) }),
  });
}

/** Pictures in a split. */
export function birdCount(split: Split, counts: BirdCounts = {}): number {
  const all = { ...birdDefaults, ...counts };
  return all.classes * all[split];
}

/**
 * One of the pictures, as the source draws it.
 *
 * @param index position in the split, as in `batch.indices`
 * @param size its side, in pixels: `input.resize`
 */
export function drawBird(split: Split, index: number, size: number, counts: BirdCounts = {}): Picture {
  return renderBird(birdScene(split, index, { ...birdDefaults, ...counts }), size);
}

function openBirds(options: Required<BirdOptions>): Source {
  const { classes, train, validation, test, seed, size, workers, cacheBytes, prefetchBytes, normalise, patience } =
    options;
  const samplesOf = (split: Split) =>
    Array.from({ length: classes * options[split] }, (_, index) => ({
      recipe: { kind: "bird", scene: birdScene(split, index, options) } as const,
      label: birdLabel(split, index, options),
    }));
  return createImageSource({
    classes: birdClasses(classes),
    samples: { train: samplesOf("train"), validation: samplesOf("validation"), test: samplesOf("test") },
    fingerprint: createHash("sha256")
      .update(`birds ${DRAWING}: ${classes} ${train} ${test} ${seed} ${size}${validation > 0 ? ` ${validation}` : ""}`)
      .digest("hex")
      .slice(0, 32),
    pool: createWorkerPool(workers, OWNER),
    cacheBytes,
    prefetchBytes,
    normalise,
    patience,
  });
}
