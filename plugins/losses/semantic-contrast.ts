/** Semantic contrast: of all images in a batch, the student's features must be nearest to the teacher's of the same image. */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { defineLoss, describeOptions, need, type OptionsOf, type Role, type Training } from "../../core/index.js";
import { globalAveragePool } from "../../core/ops/index.js";
import { count, role, temperature, weight } from "../layers/option-types.js";
import { lastChannels, perceptron } from "./auxiliary-layers.js";

const name = "semantic-contrast";

const schema = z.object({
  weight: weight.default(8).describe("γ: multiplies the term; 0 computes and trains nothing."),
  temperature: temperature.default(0.07).describe("τ: divides the cosines."),
  anchors: z
    .enum(["teacher", "both"])
    .default("teacher")
    .describe("Whose vectors look for their partner: the teacher's, or those of both."),
  size: count.default(128).describe("Numbers in a projected vector."),
  student: role.default("student").describe("The role that the stage trains."),
  teacher: role.default("teacher").describe("The role whose model teaches, as teacher-features has it."),
});

export type SemanticContrastOptions = OptionsOf<typeof schema>;

declare module "../../core/index.js" {
  interface Losses {
    "semantic-contrast": SemanticContrastOptions;
  }
}

/** `[batch, from]` to `[batch, size]`. */
type Projector = (pooled: tf.Tensor2D) => tf.Tensor2D;

/**
 * Adds the term `contrast`. Pooled features of both networks pass a projector, two linear layers with a ReLU between,
 * trained with the student; one for both where their widths agree. `teacherFeatures()`, listed before it, provides the
 * teacher's.
 *
 * @throws FGKD_INVALID_OPTION, FGKD_MISSING_FIELD
 * @see "Data-free Knowledge Distillation for Fine-grained Visual Categorization", 2023, equations 8 and 9
 */
export const semanticContrast = defineLoss<SemanticContrastOptions>({
  name,
  ...describeOptions(name, schema),
  needs: ({ student, teacher }) => ({ batch: ["teacherFeatures"], outputs: ["features"], models: [student, teacher] }),
  create(options, { training }) {
    const { weight, temperature, anchors } = options;
    let projectors: { readonly student: Projector; readonly teacher: Projector } | undefined;
    training.hooks.setup.tap(name, () => {
      projectors = declareProjectors(training, options);
    });
    return (outputs, batch) => {
      const mine = need(outputs, "features", name);
      const theirs = need(batch, "teacherFeatures", name, "List teacherFeatures() before it.");
      // `setup` ran before the first step.
      const { student, teacher } = projectors as NonNullable<typeof projectors>;
      const [u, v] = [teacher(globalAveragePool(theirs)), student(globalAveragePool(mine))];
      return { contrast: contrastLoss(u, v, temperature, anchors).mul<tf.Scalar>(weight) };
    };
  },
});

function declareProjectors(training: Training, { size, ...roles }: Required<SemanticContrastOptions>) {
  const { models, config } = training;
  const width = (role: Role) => lastChannels(models.get(role), config.input.crop);
  const [student, teacher] = [width(roles.student), width(roles.teacher)];
  if (student === teacher) {
    const shared = projector(training, "projector", teacher, size);
    return { student: shared, teacher: shared };
  }
  return {
    student: projector(training, "projector.student", student, size),
    teacher: projector(training, "projector.teacher", teacher, size),
  };
}

function projector(training: Training, at: string, from: number, size: number): Projector {
  return perceptron(training.auxiliary, training.stream(name), at, [from, from, size]);
}

/**
 * `mean_i −( s_{i,i'} − ln Σ_{k≠i} e^{s_ik} )` with `s` the cosines of all `2·batch` vectors over the temperature and `i'`
 * the other network's vector of the same image.
 *
 * @param teacher `[batch, size]`
 * @param student `[batch, size]`
 * @param anchors `i` runs over the teacher's vectors, or over both networks'
 */
export function contrastLoss(
  teacher: tf.Tensor2D,
  student: tf.Tensor2D,
  temperature: number,
  anchors: "teacher" | "both",
): tf.Scalar {
  return tf.tidy(() => {
    const batch = teacher.shape[0];
    const all = tf.concat([unit(teacher), unit(student)]);
    const from = anchors === "teacher" ? all.slice([0, 0], [batch, -1]) : all;
    const similarities = from.matMul(all, false, true).div<tf.Tensor2D>(temperature);
    // A vector is no partner of its own: far below every cosine, and still finite.
    const self = tf
      .eye(2 * batch)
      .slice([0, 0], [from.shape[0], -1])
      .mul(-1e9);
    const others = tf.logSumExp(similarities.add(self), 1);
    const partner = tf.concat([unit(student), unit(teacher)]).slice([0, 0], [from.shape[0], -1]);
    const positive = from.mul(partner).sum(1).div(temperature);
    return others.sub(positive).mean<tf.Scalar>();
  });
}

/** Rows of length 1. A row of zeros stays, and so has a gradient. */
function unit(vectors: tf.Tensor2D): tf.Tensor2D {
  return vectors.div<tf.Tensor2D>(vectors.square().sum(1, true).maximum(1e-24).sqrt());
}
