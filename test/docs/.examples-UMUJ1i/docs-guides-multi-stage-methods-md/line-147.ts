import { createRun } from "../../../../core/index.js";
import { mutual } from "./mutual.js";

const run = await createRun({ preset: mutual, layers: [{ origin: "mine", config: { epochs: 1 } }] });
await run.engines.create("wasm").start();
for await (const { stage, losses } of run.steps()) console.log(stage, Object.keys(losses).join(", "));
await run.close();