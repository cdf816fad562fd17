/** The built-in data set: drawn birds that only small parts tell apart, and whose parts' true places are known. */
import { createHash } from "node:crypto";
import { definePlugin, invalidOption, type RunScope, type Source, type Split } from "../../core/index.js";
import { type BirdCounts, birdClasses, birdDefaults, birdLabel, birdScene } from "./birds/catalogue.js";
import { MOST_SPECIES } from "./birds/species.js";
import { createImageSource } from "./images/image-source.js";
import { createWorkerPool } from "./images/pool.js";

export { type BirdCounts, type BirdParts, birdParts } from "./birds/catalogue.js";

/** Raised when the same scene gives other pixels than before: part of the fingerprint. */
const DRAWING = 2;

export interface BirdOptions extends BirdCounts {
  /** Threads that draw. Default: one per core, at most eight. */
  readonly workers?: number | null;
  /** Memory for drawn images. Default 1 GiB. */
  readonly cacheBytes?: number;
  /** Where pixels become normalised floats; the bytes are the same. Default `threads`. */
  readonly normalise?: "threads" | "device";
  /** Seconds that training waits for a batch before its thread counts as hung. Default 300. */
  readonly patience?: number;
}

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
    defaults: { ...birdDefaults, workers: null, cacheBytes: 2 ** 30, normalise: "threads", patience: 300 },
    create: (options) => {
      check(options);
      return { open: async () => openBirds(options) };
    },
  });
}

function openBirds(options: Required<BirdOptions>): Source {
  const { classes, train, validation, test, seed, size, workers, cacheBytes, normalise, patience } = options;
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
    normalise,
    patience,
  });
}

function check(options: Required<BirdOptions>): void {
  const { classes, train, validation, test, size, workers, cacheBytes, normalise, patience } = options;
  if (!["threads", "device"].includes(normalise))
    throw invalidOption(OWNER, "normalise", '"threads" or "device"', normalise, "The default is threads.");
  if (!(patience > 0))
    throw invalidOption(OWNER, "patience", "a number of seconds above 0", patience, "The default is 300.");
  if (workers !== null && !(Number.isInteger(workers) && workers > 0 && workers <= 256)) {
    const mustBe = "a whole number from 1 to 256, or null";
    throw invalidOption(OWNER, "workers", mustBe, workers, "null takes one per core, at most eight.");
  }
  if (!(cacheBytes >= 0))
    throw invalidOption(OWNER, "cacheBytes", "0 or more", cacheBytes, "0 keeps no image in memory.");
  if (!(Number.isInteger(classes) && classes >= 2 && classes <= MOST_SPECIES)) {
    throw invalidOption(OWNER, "classes", `a whole number from 2 to ${MOST_SPECIES}`, classes, "The default is 12.");
  }
  if (!(size >= 0.4 && size <= 1)) {
    throw invalidOption(OWNER, "size", "from 0.4 to 1", size, "At 1 a bird fills most of the picture.");
  }
  if (!(Number.isInteger(validation) && validation >= 0)) {
    const mustBe = "a whole number of at least 0";
    throw invalidOption(OWNER, "validation", mustBe, validation, "It counts images per class; 0 is none.");
  }
  for (const [option, count] of [
    ["train", train],
    ["test", test],
  ] as const) {
    if (Number.isInteger(count) && count > 0) continue;
    throw invalidOption(OWNER, option, "a whole number above 0", count, "It counts images per class.");
  }
}
