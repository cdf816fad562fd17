import { defineConfig } from "../../../../core/index.js";

export default defineConfig({
  preset: "dadkd",
  data: { name: "folder", path: "photographs" },
  epochs: 60,
  stages: { student: { optimizer: { learningRate: 0.02 } } },
  options: { snapmix: { probability: 0.7 } },
});