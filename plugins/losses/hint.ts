/** Hints: an inner map of the student is led to one of the teacher's. */

import type * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import {
  defineLoss,
  describeOptions,
  type LossLineOptions,
  need,
  type OptionsOf,
  type Training,
} from "../../core/index.js";
import { conv2d } from "../../core/ops/index.js";
import { role } from "../layers/option-types.js";
import { mapNamed, mapsOf, pointwise, smallerSides } from "./auxiliary-layers.js";

const name = "hint";

/** Not empty: there is no map that would do for every backbone. */
const map = z.string().refine((name) => name !== "", "the name of an inner map, such as layer2");

const schema = z.object({
  student: map
    .default("")
    .describe("The inner map that learns, by its public name in the model that the stage trains: layer2."),
  teacher: map
    .default("")
    .describe("The teacher's inner map, by public name, which teacher-features must keep: layer3."),
  teacherRole: role.default("teacher").describe("The role whose model teaches, as teacher-features has it."),
});

export type HintLossOptions = OptionsOf<typeof schema>;

export interface HintOptions extends HintLossOptions, LossLineOptions {}

declare module "../../core/index.js" {
  interface Losses {
    hint: HintLossOptions;
  }
}

/**
 * Adds the term `hint`: the mean over all values of `(r(S) − T)²`, with `S` the student's map and `T` the teacher's, brought to
 * the smaller sides of both by average pooling, and `r` a 1×1 convolution without bias to the teacher's channels, trained beside
 * the student; the identity where channels agree. List `teacherFeatures({ maps: [teacher] })` before it.
 *
 * A second hint of the same stage needs a name of its own: `term: "lateHint"`.
 *
 * @throws FGKD_INVALID_OPTION, FGKD_MISSING_FIELD, FGKD_UNKNOWN_NAME (a map that a model does not have)
 * @see "FitNets: Hints for Thin Deep Nets", 2015, equation 3 (there a regressor of the size that makes sides agree)
 */
export const hint = defineLoss<HintLossOptions>({
  name,
  ...describeOptions(name, schema),
  needs: ({ student, teacherRole }) => ({ batch: ["teacherMaps"], maps: [student], models: [teacherRole] }),
  create(options, { training }) {
    let regressor: tf.Tensor4D | undefined;
    training.hooks.setup.tap(name, () => {
      regressor = declareRegressor(training, options);
    });
    return (outputs, batch) => {
      const mine = need(need(outputs, "maps", name), options.student, name);
      const maps = need(batch, "teacherMaps", name, "List teacherFeatures() before it.");
      const theirs = need(maps, options.teacher, name, `Let teacherFeatures() keep it: maps: ["${options.teacher}"].`);
      return hintLoss(mine, theirs, regressor);
    };
  },
});

function declareRegressor(training: Training, { student, teacher, teacherRole }: Required<HintLossOptions>) {
  const from = mapNamed(mapsOf(training, training.role, name), student).channels;
  const to = mapNamed(mapsOf(training, teacherRole, name), teacher).channels;
  if (from === to) return undefined;
  const at = `${name}/${student}/${teacher}`;
  return pointwise(training.auxiliary, training.stream(at), `${at}.weight`, from, to);
}

/**
 * `mean (r(S) − T)²`.
 *
 * @param student `[batch, height, width, channels]`
 * @param teacher `[batch, height, width, channels]`, a constant
 * @param regressor `[1, 1, student's channels, teacher's channels]`; not given where they agree
 */
export function hintLoss(student: tf.Tensor4D, teacher: tf.Tensor4D, regressor?: tf.Tensor4D): tf.Scalar {
  const [mine, theirs] = smallerSides(student, teacher);
  const guessed = regressor ? conv2d(mine, regressor) : mine;
  return guessed.squaredDifference(theirs).mean<tf.Scalar>();
}
