/** The frozen teacher's answer to each batch, for whatever loss distils it. */
import * as tf from "@tensorflow/tfjs";
import { defineTeacher, need, type Role, replace } from "../../core/index.js";

const name = "teacher-logits";

export interface TeacherLogitsOptions {
  /** The role whose model teaches. Default `teacher`. */
  readonly teacher?: Role;
}

declare module "../../core/index.js" {
  interface Teachers {
    "teacher-logits": TeacherLogitsOptions;
  }
}

/**
 * Sets `batch.teacherLogits` to what the teacher, in eval mode and outside the tape, says of `batch.images` as they
 * are when this plugin's turn comes: list it after whatever mixes them.
 */
export const teacherLogits = defineTeacher<TeacherLogitsOptions>({
  name,
  defaults: { teacher: "teacher" },
  needs: ({ teacher }) => ({ batch: ["images"], models: [teacher] }),
  provides: ["teacherLogits"],
  create:
    ({ teacher }, { models }) =>
    (batch) =>
      replace(batch, {
        teacherLogits: tf.tidy(() => need(models.get(teacher).forward(batch, "eval"), "logits", name)),
      }),
});
