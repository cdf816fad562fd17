/** Where frozen teachers look in each batch, for whatever loss moves the student's attention. */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import {
  type Batch,
  defineTeacher,
  describeOptions,
  type Model,
  need,
  type OptionsOf,
  type Role,
  replace,
} from "../../core/index.js";
import { spatialAttention, stackMaps } from "../../core/ops/index.js";
import { role } from "../layers/option-types.js";

const name = "teacher-attention";

declare module "../../core/index.js" {
  interface Batch {
    /** `[teachers, batch, height, width]`, the spatial attention of frozen teachers, set by `teacherAttention()`. */
    readonly teacherAttention?: tf.Tensor4D;
  }
  interface Teachers {
    "teacher-attention": TeacherAttentionOptions;
  }
}

const schema = z.object({
  teachers: z.array(role).min(1).readonly().default(["teacher"]).describe("The roles whose models teach."),
});

export type TeacherAttentionOptions = OptionsOf<typeof schema>;

/**
 * Sets `batch.teacherAttention`: each teacher's spatial attention map of `batch.images` as they are when this plugin's turn
 * comes. Teachers look one after the other, in eval mode and outside the tape, so that memory holds the intermediate
 * tensors of one of them at a time. Smaller maps are resized bilinearly to the largest.
 *
 * @throws FGKD_INVALID_OPTION, FGKD_MISSING_FIELD when a teacher does not output its last map
 */
export const teacherAttention = defineTeacher<TeacherAttentionOptions>({
  name,
  ...describeOptions(name, schema),
  needs: ({ teachers }) => ({ batch: ["images"], models: teachers }),
  provides: ["teacherAttention"],
  create:
    ({ teachers }, { models }) =>
    (batch) =>
      replace(batch, {
        teacherAttention: tf.tidy(() => stackMaps(teachers.map((role) => look(models.get(role), role, batch)))),
      }),
});

function look(model: Model, role: Role, batch: Batch): tf.Tensor3D {
  return tf.tidy(() => {
    const { features } = model.forward(batch, "eval");
    return spatialAttention(
      need({ features }, "features", name, `The model of role "${role}" must output its last map.`),
    );
  });
}
