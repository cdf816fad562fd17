/** The frozen teacher's maps for each batch, for whatever loss compares them with the student's. */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import {
  type Batch,
  defineTeacher,
  describeOptions,
  type Model,
  need,
  type OptionsOf,
  replace,
} from "../../core/index.js";
import { role } from "../layers/option-types.js";

const name = "teacher-features";

const schema = z.object({
  teacher: role.default("teacher").describe("The role whose model teaches."),
  maps: z
    .array(z.string())
    .readonly()
    .nullable()
    .default(null)
    .describe("Its inner maps to keep for the losses, by public name; null: those that end a level."),
});

export type TeacherFeaturesOptions = OptionsOf<typeof schema>;

declare module "../../core/index.js" {
  interface Teachers {
    "teacher-features": TeacherFeaturesOptions;
  }
}

/**
 * Sets `batch.teacherLogits`, `teacherMaps` and `teacherFeatures` from one pass of the teacher, in eval mode and outside
 * the tape, over `batch.images` as they are when this plugin's turn comes. It takes the place of `teacherLogits()`.
 */
export const teacherFeatures = defineTeacher<TeacherFeaturesOptions>({
  name,
  ...describeOptions(name, schema),
  needs: ({ teacher }) => ({ batch: ["images"], models: [teacher] }),
  provides: ["teacherLogits", "teacherMaps", "teacherFeatures"],
  create:
    ({ teacher, maps }, { models }) =>
    (batch) => {
      const model = models.get(teacher);
      return replace(batch, look(model, batch, maps ?? levelMaps(model)));
    },
});

function levelMaps({ maps = [] }: Model): readonly string[] {
  return maps.filter(({ endsLevel }) => endsLevel).map(({ name }) => name);
}

function look(model: Model, batch: Batch, maps: readonly string[]) {
  return tf.tidy(() => {
    const outputs = model.forward(batch, "eval", { maps });
    return {
      teacherLogits: need(outputs, "logits", name),
      teacherFeatures: need(outputs, "features", name),
      teacherMaps: { ...outputs.maps },
    };
  }) as Required<Pick<Batch, "teacherLogits" | "teacherFeatures" | "teacherMaps">>;
}
