import { createRun } from "../../../../core/index.js";
import { fineTuning } from "./fine-tuning.js";

const run = await createRun({
  preset: fineTuning,
  layers: [
    { origin: "demo", config: fineTuning.scales?.demo ?? {} },
    { origin: "mine", config: { epochs: 1, batchSize: 4, data: { name: "birds", classes: 2, train: 4, test: 2 } } },
  ],
});
await run.engines.create("wasm").start();
for await (const { epoch } of run.steps()) if (epoch) console.log(epoch.stage, Object.keys(epoch.metrics));
console.log(run.config.origins.get("epochs"), run.config.origins.get("optimizer.momentum"));
await run.close();