/** Colours, operations and erasing as data for the threads: what is drawn for each picture. */
import { type Random, type Transform, threadFile } from "../../core/index.js";
import type {
  BlurOptions,
  ColourJitterOptions,
  GreyOptions,
  RandAugmentOptions,
  RandomErasingOptions,
  TrivialAugmentOptions,
} from "./augment-options.js";
import { drawnForRandAugment, erasingTries } from "./augment-threads.js";

const { filename: module } = threadFile("augment-threads", import.meta.url);

export function colourJitter(options: Required<ColourJitterOptions>): Transform {
  return drawing("colourJitter", options, 9);
}

export function grey(options: Required<GreyOptions>): Transform {
  return drawing("grey", options, 1);
}

export function blur(options: Required<BlurOptions>): Transform {
  return drawing("blur", options, 2);
}

export function randAugment(options: Required<RandAugmentOptions>): Transform {
  return drawing("randAugment", options, drawnForRandAugment * options.operations);
}

export function trivialAugment(options: Required<TrivialAugmentOptions>): Transform {
  return drawing("trivialAugment", options, 3);
}

export function randomErasing(options: Required<RandomErasingOptions>): Transform {
  return drawing("randomErasing", options, 4 + 2 * erasingTries);
}

/** Always as many numbers, whether they are needed or not. */
function drawing(called: string, options: object, count: number): Transform {
  const draw = (random: Random) => Array.from({ length: count }, () => random.next());
  return { module, function: called, options, draw };
}
