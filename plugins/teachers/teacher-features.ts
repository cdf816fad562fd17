/** The frozen teacher's maps for each batch, for whatever loss compares them with the student's. */
import * as tf from "@tensorflow/tfjs";
import { type Batch, defineTeacher, type Model, need, type Role, replace } from "../../core/index.js";

const name = "teacher-features";

export interface TeacherFeaturesOptions {
  /** The role whose model teaches. Default `teacher`. */
  readonly teacher?: Role;
}

declare module "../../core/index.js" {
  interface Teachers {
    "teacher-features": TeacherFeaturesOptions;
  }
}

/**
 * Sets `batch.teacherLogits`, `teacherStages` and `teacherFeatures` from one pass of the teacher, in eval mode and outside
 * the tape, over `batch.images` as they are when this plugin's turn comes. It takes the place of `teacherLogits()`.
 */
export const teacherFeatures = defineTeacher<TeacherFeaturesOptions>({
  name,
  defaults: { teacher: "teacher" },
  needs: ({ teacher }) => ({ batch: ["images"], models: [teacher] }),
  provides: ["teacherLogits", "teacherStages", "teacherFeatures"],
  create:
    ({ teacher }, { models }) =>
    (batch) =>
      replace(batch, look(models.get(teacher), batch)),
});

function look(model: Model, batch: Batch) {
  return tf.tidy(() => {
    const outputs = model.forward(batch, "eval", { stages: true });
    const remedy = "The teacher's backbone must name its stages, as the residual networks do.";
    return {
      teacherLogits: need(outputs, "logits", name),
      teacherFeatures: need(outputs, "features", name),
      teacherStages: [...need(outputs, "stages", name, remedy)],
    };
  }) as Required<Pick<Batch, "teacherLogits" | "teacherFeatures" | "teacherStages">>;
}
