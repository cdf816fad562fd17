/** The same noise in every batch, for ever: what steps are measured on. */
import * as tf from "@tensorflow/tfjs";
import { createRandom, definePlugin, type Source } from "../../core/index.js";

declare module "../../core/index.js" {
  interface Sources {
    "one-batch": { readonly size: number };
  }
}

const classes = Array.from({ length: 200 }, (_, index) => `class ${index}`);

/** Registers the source `one-batch`, of images of `size` pixels a side. */
export const oneBatch = definePlugin({
  name: "one-batch",
  defaults: {},
  register({ sources }) {
    sources.register("one-batch", {
      defaults: {},
      required: ["size"],
      create: ({ size }) => ({ open: async () => openBatch(size) }),
    });
  },
});

function openBatch(size: number): Source {
  return {
    classes,
    fingerprint: "",
    count: () => Number.MAX_SAFE_INTEGER,
    batchCount: () => Number.MAX_SAFE_INTEGER,
    async *batches({ batchSize }) {
      const images = noise(batchSize, size);
      const labels = Array.from({ length: batchSize }, (_, row) => (row * 37) % classes.length);
      const wanted = tf.tidy(
        () => tf.oneHot(tf.tensor1d(labels, "int32"), classes.length, 1, 0, "float32") as tf.Tensor2D,
      );
      try {
        // Whoever pulls a batch frees it.
        for (;;) yield { images: images.clone(), labels: wanted.clone() };
      } finally {
        tf.dispose([images, wanted]);
      }
    },
    close: async () => {},
  };
}

/** `[batch, size, size, 3]`. */
export function noise(batch: number, size: number): tf.Tensor4D {
  return tf.tensor4d(createRandom(0).normals(batch * size * size * 3), [batch, size, size, 3]);
}
