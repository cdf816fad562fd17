// rates.ts
import { defineSweep } from "../../../../core/index.js";

export default defineSweep({
  run: { preset: "kd", data: "photos" },
  list: [{ "optimizer.learningRate": 0.1, batchSize: 128 }, { "optimizer.learningRate": 0.05, batchSize: 64 }],
  seeds: [0, 1, 2],
});