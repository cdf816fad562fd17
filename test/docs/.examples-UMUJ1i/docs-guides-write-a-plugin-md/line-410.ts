import { readFile } from "node:fs/promises";
import * as tf from "@tensorflow/tfjs";
import { definePlugin, need, replace } from "../../../../core/index.js";

const name = "class-weights";

/** Weighs the loss of each image by its class, from a JSON file: `{ "wren": 2, "robin": 1 }`. */
export const classWeights = definePlugin<{ readonly file?: string }>({
  name,
  defaults: { file: "class-weights.json" },
  apply({ hooks, classes }, { file }) {
    let weights: readonly number[] = [];
    hooks.setup.tapPromise(name, async () => {
      const byName = JSON.parse(await readFile(file, "utf8")) as Readonly<Record<string, number>>;
      weights = classes.map((className) => byName[className] ?? 1);
    });
    hooks.batch.tap(name, (batch) =>
      replace(batch, {
        labelWeights: tf.tidy(() => need(batch, "labels", name).mul(tf.tensor1d([...weights])).sum<tf.Tensor1D>(-1)),
      }),
    );
  },
});