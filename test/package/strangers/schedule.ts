/** A learning-rate schedule. */
import { definePlugin, type Schedule } from "fgkd";

declare module "fgkd" {
  interface Schedules {
    shrinking: { readonly by?: number };
  }
}

/** `learningRate / by^epoch` */
export const shrinking = definePlugin({
  name: "shrinking",
  defaults: {},
  register({ schedules }) {
    schedules.register("shrinking", {
      defaults: { by: 2 },
      create:
        ({ by }): Schedule =>
        ({ epoch }, { learningRate }) =>
          learningRate / by ** epoch,
    });
  },
});
