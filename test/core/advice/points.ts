/** Runs that end in a moment: linear networks on pictures of sixteen pixels, as hard as a test likes, taught by one another. */
import * as tf from "@tensorflow/tfjs";
import {
  createRandom,
  definePlugin,
  definePreset,
  type FactoryContext,
  need,
  Parameters,
  type Source,
  type Split,
} from "../../../core/index.js";
import { augmenters } from "../../../plugins/augmenters/index.js";
import { losses } from "../../../plugins/losses/index.js";
import { optimizers } from "../../../plugins/optimizers/index.js";
import { teachers } from "../../../plugins/teachers/index.js";

declare module "../../../core/index.js" {
  interface Sources {
    readonly points: Partial<PointOptions>;
  }
  interface Backbones {
    readonly "points-linear": { readonly sees?: number };
  }
}

interface PointOptions {
  /** Images to train on, class by class. */
  readonly train: readonly number[];
  /** Test images of each class. */
  readonly test: number;
  /** How far they lie from what their class looks like. */
  readonly noise: number;
  /** The share of labels to train on that are another class's. */
  readonly wrong: number;
}

const PIXELS = 48;

const defaults: PointOptions = { train: [30, 30, 30, 30], test: 50, noise: 1, wrong: 0 };

/** What each class looks like; the first pixels tell as much as the last. */
function looksOf(classes: number): readonly Float32Array[] {
  return Array.from({ length: classes }, (_, label) => createRandom(`look ${label}`).normals(PIXELS));
}

function pointSource({ train, test, noise, wrong }: PointOptions): Source {
  const classes = train.map((_, label) => `class ${label + 1}`);
  const looks = looksOf(classes.length);
  const countsOf = (split: Split) => (split === "train" ? train : split === "test" ? train.map(() => test) : []);
  const count = (split: Split) => countsOf(split).reduce((sum, one) => sum + one, 0);
  const trueLabels = (split: Split) =>
    countsOf(split).flatMap((number, label) => new Array<number>(number).fill(label));
  const labelsOf = (split: Split) => {
    const random = createRandom(`labels ${split}`);
    return trueLabels(split).map((label) => {
      const moves = random.next() < wrong && split === "train";
      return moves ? (label + 1 + Math.floor(random.next() * (classes.length - 1))) % classes.length : label;
    });
  };
  const batchCount: Source["batchCount"] = ({ split, mode, batchSize }) =>
    mode === "train" ? Math.floor(count(split) / batchSize) : Math.ceil(count(split) / batchSize);
  return {
    classes,
    fingerprint: JSON.stringify({ train, test, noise }),
    count,
    classCounts: countsOf,
    batchCount,
    async *batches(pass) {
      const { split, mode, epoch, seed, batchSize, skip } = pass;
      const [labels, looked] = [labelsOf(split), trueLabels(split)];
      const { length } = labels;
      const order = mode === "train" ? createRandom(`${seed}/${epoch}`).permutation(length) : [...labels.keys()];
      for (let index = skip; index < batchCount(pass); index++) {
        const indices = order.slice(index * batchSize, (index + 1) * batchSize);
        const pixels = indices.flatMap((at) => {
          const own = createRandom(`${split} ${at}`).normals(PIXELS);
          return [...own].map((value, pixel) => noise * value + (looks[looked[at] as number]?.[pixel] as number));
        });
        const rows = indices.map((at) => classes.map((_, label) => Number(label === labels[at])));
        yield { images: tf.tensor4d(pixels, [indices.length, 4, 4, 3]), labels: tf.tensor2d(rows), indices };
      }
    },
    close: async () => {},
  };
}

/** The source `points`, and the network `points-linear`, which looks at the first `sees` pixels. */
const points = definePlugin({
  name: "points",
  defaults: {},
  register({ sources, backbones }) {
    sources.register("points", { defaults, create: (options) => ({ open: async () => pointSource(options) }) });
    backbones.register("points-linear", {
      defaults: { sees: PIXELS },
      create: ({ sees }, { stream, classes: { length } }: Pick<FactoryContext, "stream" | "classes">) => {
        const parameters = new Parameters();
        const first = () => stream.normals(sees * length).map((value) => 0.05 * value);
        const weight = parameters.weight("fc.weight", [sees, length], "linear", first) as tf.Tensor2D;
        const bias = parameters.weight("fc.bias", [length], "plain", () => new Float32Array(length)) as tf.Tensor1D;
        return {
          parameters,
          classifier: { weight, bias },
          forward: (batch) => {
            const images = need(batch, "images", "points-linear");
            const flat = images.reshape<tf.Tensor2D>([images.shape[0], PIXELS]).slice([0, 0], [-1, sees]);
            return { logits: flat.matMul<tf.Tensor2D>(weight).add(bias) };
          },
        };
      },
    });
  },
});

const shared = {
  plugins: [points(), augmenters(), losses(), optimizers(), teachers()],
  defaults: {
    epochs: 8,
    batchSize: 20,
    data: { name: "points" },
    input: { resize: 4, crop: 4 },
    optimizer: { name: "sgd", learningRate: 0.1 },
    models: {
      teacher: { backbone: { name: "points-linear" } },
      baseline: { backbone: { name: "points-linear" } },
      student: { backbone: { name: "points-linear" } },
    },
    evaluation: { last: 1 },
  },
} as const;

const own = [{ name: "cross-entropy" }] as const;

/** A teacher, a student that has none, and one that it teaches. */
export const taught = definePreset({
  ...shared,
  name: "taught",
  summary: "a linear student, taught by a linear teacher",
  stages: {
    teacher: { trains: "teacher", title: "the teacher", losses: own },
    baseline: { trains: "baseline", title: "student alone", losses: own },
    student: {
      trains: "student",
      title: "student with teacher",
      teachers: [{ name: "teacher-logits" }],
      losses: [
        { name: "cross-entropy", weight: 0.1 },
        { name: "logit-distillation", temperature: 2, weight: 0.9 },
      ],
    },
  },
});

/** A student by itself. */
export const single = definePreset({
  ...shared,
  name: "single",
  summary: "a linear student by itself",
  stages: { student: { trains: "student", title: "the student", losses: own } },
});
