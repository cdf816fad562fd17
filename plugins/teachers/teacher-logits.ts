/** The frozen teacher's answer to each batch, for whatever loss distils it. */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { defineTeacher, describeOptions, need, type OptionsOf, replace } from "../../core/index.js";
import { role } from "../layers/option-types.js";

const name = "teacher-logits";

const schema = z.object({ teacher: role.default("teacher").describe("The role whose model teaches.") });

export type TeacherLogitsOptions = OptionsOf<typeof schema>;

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
  ...describeOptions(name, schema),
  needs: ({ teacher }) => ({ batch: ["images"], models: [teacher] }),
  provides: ["teacherLogits"],
  create:
    ({ teacher }, { models }) =>
    (batch) =>
      replace(batch, {
        teacherLogits: tf.tidy(() => need(models.get(teacher).forward(batch, "eval"), "logits", name)),
      }),
});
