import { createRun } from "../../../../core/index.js";
import { dadkd } from "../../../../presets/index.js";

const run = await createRun({
  preset: dadkd,
  layers: [
    { origin: "demo", config: dadkd.scales?.demo ?? {} },
    {
      origin: "mine",
      config: {
        epochs: 1,
        batchSize: 4,
        data: { name: "birds", classes: 2, train: 4, test: 2 },
        input: { resize: 36, crop: 32 },
        models: { student: { input: { size: 16 } }, baseline: { input: { size: 16 } } },
      },
    },
  ],
});
await run.engines.create("wasm").start();
for await (const { stage, step, losses } of run.steps())
  console.log(stage, `step ${step.index + 1}:`, Object.keys(losses).join(", "));
await run.close();