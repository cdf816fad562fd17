import { loadModel } from "../../../../core/index.js";

const model = await loadModel("runs/dadkd-1");
const [guesses = []] = await model.predict(["photo.jpg"], { top: 3 });
for (const { label, probability } of guesses) process.stdout.write(`${label} ${probability.toFixed(3)}\n`);
await model.dispose();