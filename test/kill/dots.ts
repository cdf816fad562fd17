/** A stranger's method, in a file of its own, that is trained in moments and writes checkpoints of 100 KB. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Learns the channels' means. `dots` waits 20 ms a batch; any other source will do as well. */
const preset = `
import * as tf from "@tensorflow/tfjs";
import { definePlugin, Parameters } from "fgkd";
import { engines, optimizers, sources } from "fgkd/plugins";
const dot = definePlugin({ name: "dot", defaults: {}, register({ backbones, sources }) {
  backbones.register("dot", { defaults: {}, create: () => {
    const parameters = new Parameters();
    const weight = parameters.weight("w", [3, 2], "linear", () => new Float32Array(6));
    parameters.buffer("ballast", [25000], () => new Float32Array(25000));
    return { parameters, forward: ({ images }) => ({ logits: images.mean([1, 2]).matMul(weight) }) };
  } });
  sources.register("dots", { defaults: { wait: 20 }, create: ({ wait }) => ({ open: async () => ({
    classes: ["a", "b"], fingerprint: "dots", count: () => 8, batchCount: () => 2, close: async () => {},
    async *batches({ skip, epoch, mode }) {
      for (let index = skip; index < 2; index++) {
        if (mode === "train") await new Promise((resolve) => setTimeout(resolve, wait));
        yield { images: tf.fill([4, 1, 1, 3], 1 + 0.1 * index + 0.01 * epoch), labels: tf.tensor2d([[1, 0], [1, 0], [0, 1], [1, 0]]) };
      }
    },
  }) }) });
}, apply({ hooks }) {
  hooks.loss.tap("dot", (terms, { logits }, { labels }) =>
    ({ ...terms, dot: tf.tidy(() => tf.losses.softmaxCrossEntropy(labels, logits).asScalar()) }));
} });
export const dots = {
  name: "dots", summary: "", plugins: [dot(), engines(), sources(), optimizers()], stages: { student: { trains: "student" } },
  defaults: { engine: "cpu", batchSize: 4, epochs: 40, data: { name: "dots" }, models: { student: { backbone: { name: "dot" } } },
    optimizer: { momentum: 0.9 }, input: { resize: 9, crop: 8 } },
};
`;

/** @returns the path to give as `--preset` */
export async function writeDots(folder: string): Promise<string> {
  const path = join(folder, "dots.mjs");
  await writeFile(path, preset);
  return path;
}
