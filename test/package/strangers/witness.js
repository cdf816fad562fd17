/** Leaves on record what each stage was given: a digest of every batch, its shades, and how bright it is after augmenters. */
import { createHash } from "node:crypto";
import { definePlugin } from "fgkd";

export const witness = definePlugin({
  name: "witness",
  defaults: {},
  apply({ hooks, stage, artifacts }) {
    const seen = [];
    hooks.batch.tapPromise("witness", async (batch) => {
      const pixels = Float32Array.from(await batch.images.data());
      const digest = createHash("sha256").update(new Uint8Array(pixels.buffer)).digest("hex");
      seen.push({ digest, shades: [...new Set(pixels)].sort() });
      return batch;
    });
    hooks.forward.tap("witness", (outputs, { images }) => {
      seen.at(-1).brightest = images.max().dataSync()[0];
      return outputs;
    });
    hooks.epoch.tap("witness", () => artifacts.write(`${stage}/witness.json`, JSON.stringify(seen)));
  },
});
