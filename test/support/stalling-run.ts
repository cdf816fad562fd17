/** A process of its own, for test/support/stalls.ts: a toy run whose plugin does not come back. */
import { setTimeout } from "node:timers/promises";
import * as tf from "@tensorflow/tfjs";
import { type StallWatch, watchStalls } from "../../core/cli/watching/stall-watch.js";
import { createRun, definePreset, type Training } from "../../core/index.js";
import { optimizers } from "../../plugins/optimizers/index.js";
import { toy, toyLoss, toySettings } from "./toy.js";

const [how = "", minutes = "", factor = "10"] = process.argv.slice(2);

function hang(): void {
  // No signal handler, timer or promise gets its turn any more: as in a kernel that never returns.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
}

const suspects: Readonly<Record<string, (training: Training) => void>> = {
  forward: ({ hooks }) =>
    hooks.forward.tap("suspect", (outputs, _, { epoch, index }) => {
      if (epoch === 1 && index === 1) hang();
      return outputs;
    }),
  batch: ({ hooks }) =>
    hooks.batch.tapPromise("suspect", async (batch, { epoch }) => {
      if (epoch === 1) await setTimeout(100_000);
      return batch;
    }),
  setup: ({ hooks }) => hooks.setup.tapPromise("suspect", () => setTimeout(7000)),
  slow: ({ hooks }) =>
    hooks.batch.tapPromise("suspect", async (batch, { epoch, index }) => {
      await setTimeout(epoch + index === 0 ? 1000 : epoch === 1 && index === 0 ? 5000 : 0);
      return batch;
    }),
};

let watch: StallWatch | null = null;
tf.enableProdMode();
await tf.setBackend("cpu");
const run = await createRun({
  preset: definePreset({
    name: "stalling",
    summary: "",
    plugins: [
      toy(),
      optimizers(),
      toyLoss(),
      { name: "suspect", apply: suspects[how] as (training: Training) => void },
    ],
    stages: { student: { trains: "student" } },
    defaults: toySettings,
  }),
  onActivity: (activity) => watch?.note(activity),
});
watch = watchStalls({ stallMinutes: Number(minutes) / 60, stallFactor: Number(factor) }, "cpu");
// Only a handler of JavaScript's own; the watch must get past it.
process.on("SIGTERM", () => {});
let steps = 0;
for await (const _ of run.steps()) steps += 1;
watch?.stop();
await run.close();
console.log(`${steps} steps`);
