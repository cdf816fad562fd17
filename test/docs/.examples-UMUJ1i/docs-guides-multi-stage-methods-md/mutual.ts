// mutual.ts
import { alternate, definePreset } from "../../../../core/index.js";
import { teach } from "./teach.js";

/** @see "Deep Mutual Learning", 2018 */
export const mutual = definePreset({
  name: "mutual",
  summary: "two students that teach each other",
  plugins: teach.plugins,
  stages: {
    first: {
      trains: "student",
      teachers: [{ name: "teacher-logits", teacher: "peer" }],
      losses: [{ name: "cross-entropy" }, { name: "logit-distillation", temperature: 1 }],
    },
    second: {
      trains: "peer",
      // At each step the images that the first has seen.
      batchesOf: "first",
      teachers: [{ name: "teacher-logits", teacher: "student" }],
      losses: [{ name: "cross-entropy" }, { name: "logit-distillation", temperature: 1 }],
    },
  },
  defaults: {
    ...teach.defaults,
    models: {
      student: { backbone: { name: "resnet", depths: [1, 1], widths: [4, 8] } },
      peer: { backbone: { name: "resnet", depths: [2, 2], widths: [4, 8] } },
    },
  },
  schedule: ({ first, second }) => alternate([first, 1], [second, 1]),
});