/** The frozen teacher's answer to each batch, for whatever loss distils it. */
import * as tf from "@tensorflow/tfjs";
import { definePlugin, need, type Role, replace } from "../../core/index.js";

export interface TeacherLogitsOptions {
  /** The role whose model teaches. Default `teacher`. */
  readonly teacher?: Role;
}

/**
 * Sets `batch.teacherLogits` to what the teacher, in eval mode and outside the tape, says of `batch.images` as they
 * are when this plugin's turn comes: list it after whatever mixes them.
 */
export const teacherLogits = definePlugin<TeacherLogitsOptions>({
  name: "teacher-logits",
  defaults: { teacher: "teacher" },
  apply({ hooks, models }, { teacher }) {
    hooks.batch.tap("teacher-logits", (batch) =>
      replace(batch, {
        teacherLogits: tf.tidy(() => need(models.get(teacher).forward(batch, "eval"), "logits", "teacher-logits")),
      }),
    );
  },
});
