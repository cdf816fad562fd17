import { createRun } from "../../../../core/index.js";
import { teach } from "./teach.js";

const run = await createRun({ preset: teach });
await run.engines.create("wasm").start();
const order: string[] = [];
for await (const { stage } of run.steps()) order.push(stage);
console.log(order.join(" "));
await run.close();