/** Attention distillation: the student's attended maps are pulled to the teacher's, stage by stage. */
import * as tf from "@tensorflow/tfjs";
import { defineLoss, invalidOption, need, type Role, type Training } from "../../core/index.js";
import { adaptiveAveragePool, conv2d, stopGradient } from "../../core/ops/index.js";
import { mapShapes, pointwise } from "../layers/helper-layers.js";
import {
  type AttentionForm,
  type AttentionWeights,
  attend,
  attentionOf,
  attentionWeights,
  type Declare,
} from "./mixed-high-order-attention.js";
import { checkWeight } from "./option-checks.js";

const name = "attention-distillation";

export interface AttentionDistillationOptions {
  /** β: multiplies the term. Default 10; 0 computes and trains nothing. */
  readonly weight?: number;
  /** R: the highest order of attention. Default 3. */
  readonly order?: number;
  /** Default `mean-of-sigmoids`. */
  readonly form?: AttentionForm;
  /**
   * - `frozen`: the teacher's side keeps the weights that the student's side starts from;
   * - `shared-frozen`: both sides use one set of weights, which nobody trains;
   * - `joint`: both are trained. Beware: both attentions can shrink to 0 together.
   *
   * Default `frozen`.
   */
  readonly teacherAttention?: "frozen" | "shared-frozen" | "joint";
  /** The role that the stage trains. Default `student`. */
  readonly student?: Role;
  /** The role whose model teaches, as `teacherFeatures()` has it. Default `teacher`. */
  readonly teacher?: Role;
}

declare module "../../core/index.js" {
  interface Losses {
    "attention-distillation": AttentionDistillationOptions;
  }
}

/** Below this mean, attention is as good as none. */
const vanishing = 0.05;

const defaults = {
  weight: 10,
  order: 3,
  form: "mean-of-sigmoids",
  teacherAttention: "frozen",
  student: "student",
  teacher: "teacher",
} as const;

/** What compares one pair of stages. */
interface Pair {
  readonly student: AttentionWeights;
  readonly teacher: AttentionWeights;
  /** `[1, 1, student's channels, teacher's channels]` where they differ. */
  readonly adapter?: tf.Tensor4D;
}

/**
 * Adds the term `attention`: the mean squared difference of attended maps, summed over the stages of both backbones.
 * `teacherFeatures()`, listed before it, provides the teacher's. Channels that differ are brought to the teacher's by a
 * trained 1×1 convolution, sides by pooling the larger map.
 *
 * Metrics `attention/stage-1` and so on: the mean of the student's attention on the first batch of the epoch, which starts
 * near 0.5. Below 0.05 there is a warning, since maps agree as well where nothing is attended to.
 *
 * @throws FGKD_INVALID_OPTION, FGKD_MISSING_FIELD
 * @see "Data-free Knowledge Distillation for Fine-grained Visual Categorization", 2023, equation 7
 */
export const attentionDistillation = defineLoss<AttentionDistillationOptions>({
  name,
  defaults,
  check({ weight, order }) {
    checkWeight(name, "weight", weight);
    if (!Number.isInteger(order) || order < 1)
      throw invalidOption(name, "order", "whole and positive", order, "Try 3.");
  },
  needs: ({ student, teacher }) => ({ batch: ["teacherStages"], outputs: ["stages"], models: [student, teacher] }),
  create(options, { training }) {
    let pairs: readonly Pair[] = [];
    let means: tf.Variable | undefined;
    training.hooks.setup.tap(name, () => {
      pairs = declarePairs(training, options);
      // A helper, so that a run that is taken up within an epoch still knows what it measured at its start.
      means = training.helpers.buffer("attention.means", [pairs.length], ([stages = 0]) => new Float32Array(stages));
    });
    watchAttention(training, options, async () => Array.from((await means?.data()) ?? []));
    return (outputs, batch, { index }) => {
      const student = need(outputs, "stages", name, "The student's backbone must name its stages.");
      const teacher = need(batch, "teacherStages", name, "List teacherFeatures() before it.");
      const stages = pairs.map((pair, stage) =>
        compare(pair, student[stage] as tf.Tensor4D, teacher[stage] as tf.Tensor4D, options),
      );
      if (index === 0) means?.assign(stopGradient(() => tf.stack(stages.map(({ attention }) => attention.mean()))));
      const sum = tf.addN(stages.map(({ distance }) => distance)).asScalar();
      return { attention: sum.mul<tf.Scalar>(options.weight) };
    };
  },
});

function declarePairs(training: Training, options: Required<AttentionDistillationOptions>): Pair[] {
  const { models, config, helpers } = training;
  const random = training.stream(name);
  const stagesOf = (role: Role) => mapShapes(models.get(role), config.input.crop).stages;
  const [mine, theirs] = [stagesOf(options.student), stagesOf(options.teacher)];
  if (mine.length === 0 || mine.length !== theirs.length)
    throw invalidOption(
      name,
      "models",
      "two backbones with as many stages",
      [mine.length, theirs.length],
      "Choose a student with the teacher's number of stages.",
    );
  const trained: Declare = (at, shape, start) => helpers.weight(at, shape, "convolution", start);
  const frozen: Declare = (at, shape, start) => helpers.buffer(at, shape, start);
  return theirs.map((shape, stage) => {
    const [from, to] = [mine[stage]?.[3] as number, shape[3] as number];
    const at =
      (side: string, declare: Declare): Declare =>
      (part, ...rest) =>
        declare(`attention.${side}.${stage}.${part}`, ...rest);
    const sides = sidesOf(options.teacherAttention, at, trained, frozen, (declare) =>
      attentionWeights(declare, random, to, options.order),
    );
    const adapter = from === to ? {} : { adapter: pointwise(helpers, random, `adapter.${stage}.weight`, from, to) };
    return { ...sides, ...adapter };
  });
}

function sidesOf(
  form: Required<AttentionDistillationOptions>["teacherAttention"],
  at: (side: string, declare: Declare) => Declare,
  trained: Declare,
  frozen: Declare,
  build: (declare: Declare) => AttentionWeights,
): Pick<Pair, "student" | "teacher"> {
  if (form === "shared-frozen") {
    const shared = build(at("shared", frozen));
    return { student: shared, teacher: shared };
  }
  const drawn = new Map<string, Float32Array>();
  const student = build((part, shape, start) => {
    const values = start(shape);
    drawn.set(part, values);
    return at("student", trained)(part, shape, () => values);
  });
  // A copy of what the student's side starts from.
  const declare = at("teacher", form === "joint" ? trained : frozen);
  const teacher = build((part, shape) => declare(part, shape, () => drawn.get(part) as Float32Array));
  return { student, teacher };
}

/** Tells of the student's attention after each epoch, and warns once when it vanishes. */
function watchAttention(
  { hooks, stage, logger }: Training,
  { teacherAttention }: Required<AttentionDistillationOptions>,
  means: () => Promise<readonly number[]>,
): void {
  let told = false;
  hooks.epoch.tapPromise(name, async ({ epoch, measure }) => {
    const measured = await means();
    measure(Object.fromEntries(measured.map((mean, index) => [`attention/stage-${index + 1}`, mean])));
    const least = Math.min(...measured);
    if (told || !(least < vanishing)) return;
    told = true;
    const at = `stages.${stage}.options.${name}`;
    const remedy =
      teacherAttention === "joint"
        ? `Train the student's alone: --set ${at}.teacherAttention=frozen.`
        : `Lower its weight: --set ${at}.weight=…`;
    logger.warn(
      `stage "${stage}", epoch ${epoch + 1}: the student's attention to its stage ${measured.indexOf(least) + 1} has shrunk to ${least.toFixed(3)} (mean; about 0.5 at the start). Maps to which nothing is attended agree without the student having learnt anything. ${remedy}`,
    );
  });
}

/** Of one stage: a scalar, the mean squared difference of the attended maps, and the student's attention. */
function compare(
  { student, teacher, adapter }: Pair,
  mine: tf.Tensor4D,
  theirs: tf.Tensor4D,
  { form, teacherAttention }: Required<AttentionDistillationOptions>,
): { readonly distance: tf.Tensor; readonly attention: tf.Tensor4D } {
  const adapted = adapter ? conv2d(mine, adapter) : mine;
  const [height, width] = [Math.min(mine.shape[1], theirs.shape[1]), Math.min(mine.shape[2], theirs.shape[2])];
  const shrunk = (map: tf.Tensor4D) =>
    map.shape[1] === height && map.shape[2] === width ? map : adaptiveAveragePool(map, [height, width]);
  const attended = () => attend(shrunk(theirs), teacher, form);
  const wanted = teacherAttention === "joint" ? attended() : stopGradient(attended);
  const own = shrunk(adapted);
  const attention = attentionOf(own, student, form);
  return { distance: attention.mul(own).squaredDifference(wanted).mean(), attention };
}
