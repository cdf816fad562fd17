import * as tf from "@tensorflow/tfjs";
import { definePlugin, need, replace } from "../../../../core/index.js";

declare module "../../../../core/index.js" {
  interface Batch {
    /** `[batch, height, width, channels]`: the teacher's last map. */
    readonly teacherFeatures?: tf.Tensor4D;
  }
}

const name = "teacher-features";

export const teacherFeatures = definePlugin({
  name,
  defaults: {},
  apply({ hooks, models }) {
    hooks.batch.tap(name, (batch) =>
      replace(batch, {
        teacherFeatures: tf.tidy(() => need(models.get("teacher").forward(batch, "eval"), "features", name)),
      }),
    );
  },
});