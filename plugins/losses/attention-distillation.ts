/** Attention distillation: the student's attended maps are pulled to the teacher's, map by map. */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import {
  type Batch,
  defineLoss,
  describeOptions,
  type ModelMap,
  need,
  type OptionsOf,
  type Outputs,
  type Training,
} from "../../core/index.js";
import { conv2d, globalAveragePool, stopGradient } from "../../core/ops/index.js";
import { count, role, weight } from "../layers/option-types.js";
import { lastChannels, mapNamed, perceptron, pointwise, smallerSides } from "./auxiliary-layers.js";
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
      "The inner maps to compare, by public name: [{ student: layer2, teacher: layer3 }]; teacher-features must keep the teacher's. null: in order, those that end a level; where the two have not as many, the pooled features alone.",
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

/** Inner maps of both models. */
interface Maps {
  readonly student: ModelMap;
  readonly teacher: ModelMap;
}

/** What compares one pair of maps. */
interface Pair {
  /** Default: pooled features, as maps of one place. */
  readonly maps?: Maps;
  readonly student: AttentionWeights;
  readonly teacher: AttentionWeights;
  /** Brings the student's map to the teacher's channels, where they differ. */
  readonly adapt?: (map: tf.Tensor4D) => tf.Tensor4D;
}

/**
 * Adds the term `attention`: the mean squared difference of attended maps, summed over pairs of inner maps.
 * `teacherFeatures()`, listed before it, provides the teacher's. Channels that differ are brought to the teacher's by a
 * trained 1×1 convolution, sides by pooling the larger map.
 *
 * Networks of another build, with more levels or fewer than the teacher, are compared by their pooled features alone, which two trained
 * linear layers bring to the teacher's width: as the paper does with students that are no ResNets. It is told before the first stage begins.
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
  foresee: (options, models) => {
    const [student, teacher] = [models(options.student)?.maps, models(options.teacher)?.maps];
    if (!student || !teacher) return undefined;
    const paired = comparedMaps(student, teacher, options);
    if (paired.length > 0) return undefined;
    const levels = `${levelsOf(student).length} levels and the teacher has ${levelsOf(teacher).length}`;
    return `the student has ${levels}, so ${name} compares their pooled features alone. Pair inner maps by name to compare more: options.${name}.maps.`;
  },
  create(options, { training }) {
    let pairs: readonly Pair[] = [];
    let means: tf.Variable | undefined;
    training.hooks.setup.tap(name, () => {
      pairs = declarePairs(training, options);
      training.want({ maps: pairs.flatMap(({ maps }) => (maps ? [maps.student.name] : [])) });
      // Auxiliary, so that a run that is taken up within an epoch still knows what it measured at its start.
      means = training.auxiliary.buffer("attention.means", [pairs.length], ([count = 0]) => new Float32Array(count));
    });
    watchAttention(training, options, async () => Array.from((await means?.data()) ?? []));
    return (outputs, batch, { index }) => {
      const compared = pairs.map((pair) => compare(pair, ...mapsToCompare(pair, outputs, batch), options));
      if (index === 0) means?.assign(stopGradient(() => tf.stack(compared.map(({ attention }) => attention.mean()))));
      const sum = tf.addN(compared.map(({ distance }) => distance)).asScalar();
      return { attention: sum.mul<tf.Scalar>(options.weight) };
    };
  },
});

/** The student's and the teacher's. @throws FGKD_MISSING_FIELD */
function mapsToCompare({ maps }: Pair, outputs: Outputs, batch: Batch): readonly [tf.Tensor4D, tf.Tensor4D] {
  const remedy = "List teacherFeatures() before it.";
  if (!maps) {
    const [mine, theirs] = [need(outputs, "features", name), need(batch, "teacherFeatures", name, remedy)];
    return [onePlace(globalAveragePool(mine)), onePlace(globalAveragePool(theirs))];
  }
  const student = need(outputs, "maps", name, "The student's backbone must give its inner maps.");
  const teacher = need(batch, "teacherMaps", name, remedy);
  const keep = "Let teacherFeatures({ maps }) keep it.";
  return [need(student, maps.student.name, name), need(teacher, maps.teacher.name, name, keep)];
}

function onePlace(pooled: tf.Tensor2D): tf.Tensor4D {
  return pooled.reshape([pooled.shape[0], 1, 1, pooled.shape[1]]);
}

function declarePairs(training: Training, options: Required<AttentionDistillationOptions>): Pair[] {
  const { auxiliary, models, config } = training;
  const random = training.stream(name);
  const trained: Declare = (at, shape, start) => auxiliary.weight(at, shape, "convolution", start);
  const frozen: Declare = (at, shape, start) => auxiliary.buffer(at, shape, start);
  const [student, teacher] = [models.get(options.student), models.get(options.teacher)];
  const sides = (index: number, channels: number) => {
    const at =
      (side: string, declare: Declare): Declare =>
      (part, ...rest) =>
        declare(`attention.${side}.${index}.${part}`, ...rest);
    return sidesOf(options.teacherAttention, at, trained, frozen, (declare) =>
      attentionWeights(declare, random, channels, options.order),
    );
  };
  const paired = comparedMaps(student.maps ?? [], teacher.maps ?? [], options).map((maps, index): Pair => {
    const [from, to] = [maps.student.channels, maps.teacher.channels];
    const attentions = sides(index, to);
    if (from === to) return { maps, ...attentions };
    const adapter = pointwise(auxiliary, random, `adapter.${index}.weight`, from, to);
    return { maps, ...attentions, adapt: (map) => conv2d(map, adapter) };
  });
  if (paired.length > 0) return paired;
  const [from, to] = [lastChannels(student, config.input.crop), lastChannels(teacher, config.input.crop)];
  const attentions = sides(0, to);
  const lifted = perceptron(auxiliary, random, "adapter.features", [from, to, to]);
  return [{ ...attentions, adapt: (map) => onePlace(lifted(map.reshape([map.shape[0], from]))) }];
}

/** The maps that the options pair, or those that end a level of both backbones; none where these are not as many. */
function comparedMaps(
  student: readonly ModelMap[],
  teacher: readonly ModelMap[],
  { maps }: Required<AttentionDistillationOptions>,
): readonly Maps[] {
  if (maps)
    return maps.map((pair) => ({ student: mapNamed(student, pair.student), teacher: mapNamed(teacher, pair.teacher) }));
  const [mine, theirs] = [levelsOf(student), levelsOf(teacher)];
  if (mine.length !== theirs.length) return [];
  return mine.map((map, index) => ({ student: map, teacher: theirs[index] as ModelMap }));
}

function levelsOf(maps: readonly ModelMap[]): readonly ModelMap[] {
  return maps.filter(({ endsLevel }) => endsLevel);
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
  { student, teacher, adapt }: Pair,
  mine: tf.Tensor4D,
  theirs: tf.Tensor4D,
  { form, teacherAttention }: Required<AttentionDistillationOptions>,
): { readonly distance: tf.Tensor; readonly attention: tf.Tensor4D } {
  const [own, other] = smallerSides(adapt ? adapt(mine) : mine, theirs);
  const attended = () => attend(other, teacher, form);
  const wanted = teacherAttention === "joint" ? attended() : stopGradient(attended);
  const attention = attentionOf(own, student, form);
  return { distance: attention.mul(own).squaredDifference(wanted).mean(), attention };
}
