/** Hints: an inner map of the student is led to one of the teacher's. */
import type * as tf from "@tensorflow/tfjs";
import { defineLoss, invalidOption, type LossLineOptions, need, type Role, type Training } from "../../core/index.js";
import { conv2d } from "../../core/ops/index.js";
import { mapNamed, mapsOf, pointwise, smallerSides } from "./auxiliary-layers.js";

const name = "hint";

export interface HintLossOptions {
  /** The inner map that learns, by its public name in the model that the stage trains: `layer2`. */
  readonly student?: string;
  /** The teacher's inner map, by public name, which `teacherFeatures({ maps })` must keep: `layer3`. */
  readonly teacher?: string;
  /** The role whose model teaches, as `teacherFeatures()` has it. Default `teacher`. */
  readonly teacherRole?: Role;
}

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
  defaults: { student: "", teacher: "", teacherRole: "teacher" },
  check({ student, teacher }) {
    checkMapName("student", student);
    checkMapName("teacher", teacher);
  },
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

function checkMapName(option: string, value: unknown): void {
  if (typeof value === "string" && value !== "") return;
  throw invalidOption(name, option, "the name of an inner map", value, 'Try "layer2".');
}

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
