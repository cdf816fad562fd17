/** A toy method, written as a stranger would: a linear model, points in the plane as "images", from outside the core. */
import * as tf from "@tensorflow/tfjs";
import {
  createRandom,
  definePlugin,
  type Metric,
  type Model,
  need,
  Parameters,
  type Source,
} from "../../core/index.js";

declare module "../../core/index.js" {
  interface Backbones {
    "toy-linear": { readonly scale?: number };
  }
  interface Metrics {
    readonly "toy-doubt": {};
  }
  interface Sources {
    "toy-points": { readonly train?: number; readonly broken?: boolean };
  }
}

/** Four pixels to two classes. */
export function toyModel(weights: Float32Array): Model {
  const parameters = new Parameters();
  const weight = parameters.weight("fc.weight", [4, 2], "linear", () => weights) as tf.Tensor2D;
  const bias = parameters.weight("fc.bias", [2], "plain", () => new Float32Array(2)) as tf.Tensor1D;
  return {
    parameters,
    classifier: { weight, bias },
    forward: (batch) => {
      const images = need(batch, "images", "toy-linear");
      const flat = images.reshape([images.shape[0], 4]) as tf.Tensor2D;
      return { logits: flat.matMul(weight).add(bias) as tf.Tensor2D, features: images };
    },
  };
}

/** Registers the toy backbone, the toy source and a toy metric: the mean probability of all classes but the one that is guessed. */
export const toy = definePlugin({
  name: "toy",
  defaults: {},
  register({ backbones, metrics, sources }) {
    backbones.register("toy-linear", {
      defaults: { scale: 1 },
      create: ({ scale }, { stream }) => toyModel(stream.normals(8).map((value) => value * scale)),
    });
    metrics.register("toy-doubt", { defaults: {}, create: () => toyDoubt });
    sources.register("toy-points", {
      defaults: { train: 12, broken: false },
      create: ({ train, broken }) => ({ open: async () => toySource(train, broken) }),
    });
  },
});

const toyDoubt: Metric = {
  begin: () => {
    const doubts: number[] = [];
    return {
      add: ({ classes, probabilities, predictions }) =>
        predictions.forEach((guess, row) => {
          doubts.push(1 - (probabilities[row * classes + guess] as number));
        }),
      result: () => ({ meanDoubt: doubts.reduce((sum, doubt) => sum + doubt, 0) / doubts.length }),
    };
  },
};

/** Label 1 where the first pixel is brighter than the last; `broken` gives a batch less than it promises. */
export function toySource(train: number, broken = false): Source {
  const batchCount: Source["batchCount"] = ({ split, mode, batchSize }) => {
    const images = split === "train" ? train : 6;
    return mode === "train" ? Math.floor(images / batchSize) : Math.ceil(images / batchSize);
  };
  return {
    classes: ["dark", "light"],
    fingerprint: `toy-${train}`,
    count: (split) => (split === "train" ? train : 6),
    batchCount,
    async *batches({ split, mode, epoch, seed, batchSize, skip }) {
      const total = batchCount({ split, mode, batchSize }) - (broken ? 1 : 0);
      for (let index = skip; index < total; index++) {
        const pixels = createRandom(`${seed}/${split}/${epoch}/${index}`).normals(batchSize * 4);
        const labels = Array.from({ length: batchSize }, (_, row) => {
          const light = (pixels[row * 4] as number) > (pixels[row * 4 + 3] as number);
          return light ? [0, 1] : [1, 0];
        });
        yield { images: tf.tensor4d(pixels, [batchSize, 2, 2, 1]), labels: tf.tensor2d(labels) };
      }
    },
    close: async () => {},
  };
}

/** Cross-entropy, as a stranger's plugin would write it. */
export const toyLoss = definePlugin<{ readonly weight?: number }>({
  name: "toy-loss",
  defaults: { weight: 1 },
  apply({ hooks }, { weight }) {
    hooks.loss.tap("toy-loss", (terms, outputs, batch) => ({
      ...terms,
      supervised: tf.tidy(() =>
        tf.losses
          .softmaxCrossEntropy(need(batch, "labels", "toy-loss"), need(outputs, "logits", "toy-loss"))
          .mul(weight)
          .asScalar(),
      ),
    }));
  },
});

/** Small settings for a toy run. */
export const toySettings = {
  epochs: 3,
  batchSize: 4,
  data: { name: "toy-points" },
  models: { student: { backbone: { name: "toy-linear" } }, teacher: { backbone: { name: "toy-linear" } } },
  optimizer: { name: "sgd", learningRate: 0.1 },
  evaluation: { last: 2 },
  report: false,
} as const;
