// polynomial.ts
import { definePlugin, type Schedule } from "../../../../core/index.js";

export interface PolynomialOptions {
  /** Default 0.9. */
  readonly power?: number;
}

declare module "../../../../core/index.js" {
  interface Schedules {
    polynomial: PolynomialOptions;
  }
}

/** Registers `polynomial`: `learningRate · (1 − progress)^power`, at every step. */
export const polynomial = definePlugin({
  name: "polynomial",
  defaults: {},
  register({ schedules }) {
    schedules.register("polynomial", {
      defaults: { power: 0.9 },
      create:
        ({ power }): Schedule =>
        ({ progress }, { learningRate }) =>
          learningRate * (1 - progress) ** power,
    });
  },
});