/** Networks for tests of backbones, freed after each test. */
import {
  type Backbones,
  type Choice,
  createRandom,
  createRandomStreams,
  createTraining,
  type Model,
  type Random,
} from "../../../core/index.js";
import { bit, convnext, deit, efficientnet, mobilenet, resnet, vgg, wrn } from "../../../plugins/backbones/index.js";
import { generators } from "../../../plugins/generators/index.js";
import { whenTestEnds } from "../../support/leaving.js";

/** Drawing a hundred million normal numbers takes seconds that few tests need to spend. */
export const blank: Random = { ...createRandom(0), next: () => 0.5, normals: (length) => new Float32Array(length) };

let shared = new Float32Array(2 ** 24);
/** The same without even the memory: every layer is given a piece of one array. For what is only counted. */
export const sharing: Random = {
  ...blank,
  normals: (length) => {
    if (shared.length < length) shared = new Float32Array(length);
    return shared.subarray(0, length);
  },
};

/** Two levels, whose last map is a quarter of the image's sides. */
export const tinyResnet = {
  name: "resnet",
  block: "basic",
  depths: [1, 1],
  widths: [4, 8],
  stem: { filters: 4, size: 3, stride: 2, pool: false },
};

/** Every backbone, for so many classes. Without `random` it draws as a run of seed 0 does. */
export function training(classes: number, random?: Random) {
  const streams = createRandomStreams(0);
  return createTraining({
    plugins: [resnet(), vgg(), convnext(), deit(), mobilenet(), efficientnet(), bit(), wrn(), generators()],
    services: {
      classes: Array.from({ length: classes }, (_, index) => `class ${index}`),
      random: random ? { ...streams, stream: () => random } : streams,
    },
  });
}

/** A model that lives as long as the test. */
export function create<N extends keyof Backbones>(name: N, options: Backbones[N], classes = 3, random?: Random): Model {
  return choose({ name, ...options } as Choice<Backbones>, classes, random);
}

/** The same, for names and options that are only known at run time. */
export function choose(choice: { readonly name: string }, classes = 3, random?: Random): Model {
  return keep(training(classes, random).backbones.choose(choice));
}

/** Has the model freed after the test. */
export function keep(model: Model): Model {
  whenTestEnds(() => model.parameters.dispose());
  return model;
}
