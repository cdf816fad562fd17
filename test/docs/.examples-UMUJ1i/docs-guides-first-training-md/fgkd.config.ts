// fgkd.config.ts
import { defineConfig } from "../../../../core/index.js";

export default defineConfig({
  preset: "dadkd",
  data: { name: "folder", path: "photos" },
  epochs: 30,
  optimizer: { schedule: { warmupEpochs: 2 } },
  stages: { teacher: { epochs: 60 } },
  options: { snapmix: { probability: 0.5 } },
});