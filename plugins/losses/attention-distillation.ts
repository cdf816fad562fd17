/** Attention distillation: the student's attended maps are pulled to the teacher's, map by map. */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import {
  defineLoss,
  describeOptions,
  invalidOption,
  type ModelMap,
  need,
  type OptionsOf,
  type Training,
} from "../../core/index.js";
import { conv2d, stopGradient } from "../../core/ops/index.js";
import { count, role, weight } from "../layers/option-types.js";
import { mapNamed, mapsOf, pointwise, smallerSides } from "./auxiliary-layers.js";
import {
  type AttentionWeights,
  attend,
  attentionForms,
  attentionOf,
  attentionWeights,
  type Declare,
} from "./mixed-high-order-attention.js";

const name = "attention-distillation";

const schema = z.object({
  weight: weight.default(10).describe("β: multiplies the term; 0 computes and trains nothing."),
  order: count.default(3).describe("R: the highest order of attention."),
  form: z.enum(attentionForms).default("mean-of-sigmoids").describe("How the orders are brought together."),
  teacherAttention: z
    .enum(["frozen", "shared-frozen", "joint"])
    .default("frozen")
    .describe(
      "frozen: the teacher's side keeps the weights that the student's starts from; shared-frozen: both use one set, which nobody trains; joint: both are trained, and both attentions can shrink to 0 together.",
    ),
  maps: z
    .array(z.strictObject({ student: z.string(), teacher: z.string() }).readonly())
    .min(1)
    .readonly()
    .nullable()
    .default(null)
    .describe(
      "The inner maps to compare, by public name: [{ student: layer2, teacher: layer3 }]; teacher-features must keep the teacher's. null: in order, those that end a level.",
    ),
  student: role.default("student").describe("The role that the stage trains."),
  teacher: role.default("teacher").describe("The role whose model teaches, as teacher-features has it."),
});

export type AttentionDistillationOptions = OptionsOf<typeof schema>;

declare module "../../core/index.js" {
  interface Losses {
    "attention-distillation": AttentionDistillationOptions;
  }
}

/** Below this mean, attention is as good as none. */
const vanishing = 0.05;

/** What compares one pair of maps. */
interface Pair {
  readonly maps: { readonly student: ModelMap; readonly teacher: ModelMap };
  readonly student: AttentionWeights;
  readonly teacher: AttentionWeights;
  /** `[1, 1, student's channels, teacher's channels]` where they differ. */
  readonly adapter?: tf.Tensor4D;
}

/**
 * Adds the term `attention`: the mean squared difference of attended maps, summed over pairs of inner maps.
 * `teacherFeatures()`, listed before it, provides the teacher's. Channels that differ are brought to the teacher's by a
 * trained 1×1 convolution, sides by pooling the larger map.
 *
 * Metrics `attention/stage-1` and so on, by pair: the mean of the student's attention on the first batch of the epoch, which starts
 * near 0.5. Below 0.05 there is a warning, since maps agree as well where nothing is attended to.
 *
 * @throws FGKD_INVALID_OPTION, FGKD_MISSING_FIELD
 * @see "Data-free Knowledge Distillation for Fine-grained Visual Categorization", 2023, equation 7
 */
export const attentionDistillation = defineLoss<AttentionDistillationOptions>({
  name,
  ...describeOptions(name, schema),
  needs: ({ student, teacher }) => ({ batch: ["teacherMaps"], models: [student, teacher] }),
  create(options, { training }) {
    let pairs: readonly Pair[] = [];
    let means: tf.Variable | undefined;
    training.hooks.setup.tap(name, () => {
      pairs = declarePairs(training, options);
      training.want({ maps: pairs.map(({ maps }) => maps.student.name) });
      // Auxiliary, so that a run that is taken up within an epoch still knows what it measured at its start.
      means = training.auxiliary.buffer("attention.means", [pairs.length], ([count = 0]) => new Float32Array(count));
    });
    watchAttention(training, options, async () => Array.from((await means?.data()) ?? []));
    return (outputs, batch, { index }) => {
      const student = need(outputs, "maps", name, "The student's backbone must give its inner maps.");
      const teacher = need(batch, "teacherMaps", name, "List teacherFeatures() before it.");
      const compared = pairs.map((pair) => {
        const mine = need(student, pair.maps.student.name, name);
        const theirs = need(teacher, pair.maps.teacher.name, name, "Let teacherFeatures({ maps }) keep it.");
        return compare(pair, mine, theirs, options);
      });
      if (index === 0) means?.assign(stopGradient(() => tf.stack(compared.map(({ attention }) => attention.mean()))));
      const sum = tf.addN(compared.map(({ distance }) => distance)).asScalar();
      return { attention: sum.mul<tf.Scalar>(options.weight) };
    };
  },
});

function declarePairs(training: Training, options: Required<AttentionDistillationOptions>): Pair[] {
  const { auxiliary } = training;
  const random = training.stream(name);
  const trained: Declare = (at, shape, start) => auxiliary.weight(at, shape, "convolution", start);
  const frozen: Declare = (at, shape, start) => auxiliary.buffer(at, shape, start);
  return comparedMaps(training, options).map((maps, index) => {
    const [from, to] = [maps.student.channels, maps.teacher.channels];
    const at =
      (side: string, declare: Declare): Declare =>
      (part, ...rest) =>
        declare(`attention.${side}.${index}.${part}`, ...rest);
    const sides = sidesOf(options.teacherAttention, at, trained, frozen, (declare) =>
      attentionWeights(declare, random, to, options.order),
    );
    const adapter = from === to ? {} : { adapter: pointwise(auxiliary, random, `adapter.${index}.weight`, from, to) };
    return { maps, ...sides, ...adapter };
  });
}

/** The maps that the options pair, or those that end a level of both backbones. */
function comparedMaps(training: Training, options: Required<AttentionDistillationOptions>): readonly Pair["maps"][] {
  const [student, teacher] = [mapsOf(training, options.student, name), mapsOf(training, options.teacher, name)];
  if (options.maps)
    return options.maps.map((pair) => ({
      student: mapNamed(student, pair.student),
      teacher: mapNamed(teacher, pair.teacher),
    }));
  const ends = (maps: readonly ModelMap[]) => maps.filter(({ endsLevel }) => endsLevel);
  const [mine, theirs] = [ends(student), ends(teacher)];
  if (mine.length !== theirs.length)
    throw invalidOption(
      name,
      "models",
      "two backbones with as many levels",
      [mine.length, theirs.length],
      "Choose a student with the teacher's number of levels, or pair maps by name: maps: [{ student, teacher }].",
    );
  return mine.map((map, index) => ({ student: map, teacher: theirs[index] as ModelMap }));
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
      `stage "${stage}", epoch ${epoch + 1}: the student's attention to its map ${measured.indexOf(least) + 1} has shrunk to ${least.toFixed(3)} (mean; about 0.5 at the start). Maps to which nothing is attended agree without the student having learnt anything. ${remedy}`,
    );
  });
}

/** Of one pair: a scalar, the mean squared difference of the attended maps, and the student's attention. */
function compare(
  { student, teacher, adapter }: Pair,
  mine: tf.Tensor4D,
  theirs: tf.Tensor4D,
  { form, teacherAttention }: Required<AttentionDistillationOptions>,
): { readonly distance: tf.Tensor; readonly attention: tf.Tensor4D } {
  const adapted = adapter ? conv2d(mine, adapter) : mine;
  const [own, other] = smallerSides(adapted, theirs);
  const attended = () => attend(other, teacher, form);
  const wanted = teacherAttention === "joint" ? attended() : stopGradient(attended);
  const attention = attentionOf(own, student, form);
  return { distance: attention.mul(own).squaredDifference(wanted).mean(), attention };
}
