/** A source of tiny coloured noise, for presets: no files, no threads. */
import * as tf from "@tensorflow/tfjs";
import { createRandom, definePlugin, type Source } from "../../core/index.js";

declare module "../../core/index.js" {
  interface Sources {
    "noise-pictures": { readonly train?: number; readonly test?: number };
  }
}

const size = 16;
const classes = ["red", "green", "blue"] as const;

/** Registers the source `noise-pictures`: 16×16 pixels of noise in three classes, each brighter in one channel. */
export const noisePictures = definePlugin({
  name: "noise-pictures",
  defaults: {},
  register({ sources }) {
    sources.register("noise-pictures", {
      defaults: { train: 8, test: 3 },
      create: ({ train, test }) => ({ open: async () => openPictures(train, test) }),
    });
  },
});

function openPictures(train: number, test: number): Source {
  const count: Source["count"] = (split) => (split === "train" ? train : test);
  const batchCount: Source["batchCount"] = ({ split, mode, batchSize }) =>
    Math[mode === "train" ? "floor" : "ceil"](count(split) / batchSize);
  return {
    classes,
    fingerprint: `noise-pictures ${train} ${test}`,
    count,
    batchCount,
    async *batches({ split, mode, epoch, seed, batchSize, skip }) {
      for (let index = skip; index < batchCount({ split, mode, batchSize }); index++) {
        const length = Math.min(batchSize, count(split) - index * batchSize);
        const labels = Array.from({ length }, (_, row) => (index * batchSize + row) % classes.length);
        const noise = createRandom(`${seed}/${split}/${epoch}/${index}`).normals(length * size * size * 3);
        const pixels = noise.map(
          (value, at) => value + (at % 3 === labels[Math.floor(at / (size * size * 3))] ? 1 : 0),
        );
        yield {
          images: tf.tensor4d(pixels, [length, size, size, 3]),
          labels: tf.tidy(
            () => tf.oneHot(tf.tensor1d(labels, "int32"), classes.length, 1, 0, "float32") as tf.Tensor2D,
          ),
        };
      }
    },
    close: async () => {},
  };
}
