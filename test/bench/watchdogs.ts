/**
 * Measures what the watchdogs add to a step of the demo: the check of the gradients and the counting of tensors, each by
 * itself (least of many runs, since they are too small beside a step's own noise), and the least of the steps.
 *
 * Run with `npx tsx test/bench/watchdogs.ts [wasm|onednn] [baseline|kd]`; the first stage of that preset is measured.
 */
import * as tf from "@tensorflow/tfjs";
import { createRun } from "../../core/index.js";
import { readLosses } from "../../core/update/finite.js";
import { tensorsAlive } from "../../core/watchdogs/tensor-count.js";
import { baseline, kd } from "../../presets/index.js";
import { type EngineName, startEngine } from "../support/engines.js";

const [engine = "wasm", name = "baseline"] = process.argv.slice(2);
await startEngine(engine as EngineName);

const preset = name === "kd" ? kd : baseline;
const run = await createRun({
  preset,
  layers: [
    { origin: "demo", config: preset.scales?.demo ?? {} },
    { origin: "bench", config: { data: { name: "birds", train: 50, test: 1 }, evaluation: { every: 1000, last: 1 } } },
  ],
});
const walk = run.steps();
await walk.next();
const steps = await least(60, async () => void (await walk.next()));

const [stage] = run.stages;
const model = run.models.get(preset.stages[stage?.stage ?? ""]?.trains ?? "student");
const gradients = Object.fromEntries([...model.parameters.trained].map(([key, { shape }]) => [key, tf.ones(shape)]));
const terms = tf.tensor1d([1, 2]);
const read = (checked: boolean) =>
  readLosses({ names: ["a", "b"], terms, gradients }, checked, "the bench").then(() => {});
const check = (await least(300, () => read(true))) - (await least(300, () => read(false)));
const count = (await least(300, async () => void Array.from({ length: 200 }, tensorsAlive))) / 100;

const share = (ms: number) => `${ms.toFixed(3)} ms, ${((100 * ms) / steps).toFixed(2)} %`;
console.log(`${engine}, ${name}: a step takes ${steps.toFixed(1)} ms`);
console.log(`gradients (${Object.keys(gradients).length}, ${model.parameters.size} values): ${share(check)}`);
console.log(`tensors, counted twice: ${share(count)}`);
await walk.return();
await run.close();

async function least(times: number, work: () => Promise<void>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let time = 0; time < times; time++) {
    const start = performance.now();
    await work();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}
