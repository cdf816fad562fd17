/** Mutual learning: two students that teach each other about the same images. */
import { alternate, definePreset } from "fgkd";
import { catalogue } from "fgkd/plugins";

/** @see "Deep Mutual Learning", 2018 */
export const mutual = definePreset({
  name: "mutual",
  summary: "two students that teach each other",
  plugins: [catalogue()],
  stages: {
    first: {
      trains: "student",
      teachers: [{ name: "teacher-logits", teacher: "peer" }],
      losses: [{ name: "cross-entropy" }, { name: "logit-distillation", temperature: 1 }],
    },
    second: {
      trains: "peer",
      batchesOf: "first",
      teachers: [{ name: "teacher-logits", teacher: "student" }],
      losses: [{ name: "cross-entropy" }, { name: "logit-distillation", temperature: 1 }],
    },
  },
  defaults: {},
  schedule: ({ first, second }) => alternate([first, 1], [second, 1]),
});
