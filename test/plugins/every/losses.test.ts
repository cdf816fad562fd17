/** What every registered loss must keep to, whoever registered it: driven by the registry, so that a new one is held to it. */
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { type Batch, createRandom, createTraining, type Outputs, type Settings } from "../../../core/index.js";
import { gradientError, modelsOf } from "../../../core/testing/index.js";
import { catalogue } from "../../../plugins/index.js";
import { startEngine } from "../../support/engines.js";
import "../../support/matchers.js";

const step = { epoch: 0, index: 0, progress: 0 };
const classes = ["crow", "raven", "rook"];
const plugins = [catalogue()];
const names = createTraining({ plugins }).losses.names;

/**
 * Options where a default would show nothing: terms that weigh 0, maps that the two networks have; and a weight that follows
 * the value of other terms as a constant, which no finite difference can see.
 */
const options: Readonly<Record<string, object>> = {
  "class-priors": { oneHot: 1, balance: 1, activation: 1 },
  hint: { student: "layer1", teacher: "layer2" },
  "orthogonal-attention": { weighting: "fixed" },
};

/** Where 0.005 is far along a curve: a map that is brought to mean 0 and deviation 1 before it is compared. */
const steps: Readonly<Record<string, number>> = { "orthogonal-attention": 0.001 };

beforeAll(() => startEngine("cpu"));

/** A stage whose only loss is this one, with the teachers that give what it needs, and models of two levels. */
async function stage(name: string, seed = 0) {
  const backbones = createTraining({ plugins, services: { classes } }).backbones;
  const network = (widths: number[]) =>
    backbones.choose({ name: "resnet", depths: [1, 1], widths, stem: { filters: 4, pool: false } } as never);
  const models = modelsOf({ student: network([4, 6]), teacher: network([5, 6]) });
  const losses = [{ name, ...options[name] }] as unknown as Settings["losses"];
  const bare = createTraining({ plugins, config: { losses }, services: { models, classes } });
  const { batch: fields = [] } = bare.losses.look(losses[0] as never).needs;
  const listed = bare.teachers.names.filter(
    (teacher) =>
      teacher === "generated-outputs" ||
      bare.teachers.provides(teacher).some((field) => fields.includes(field as never)),
  );
  const teachers = listed.map((teacher) =>
    teacher === "teacher-features" ? { name: teacher, maps: ["layer1", "layer2"] } : { name: teacher },
  ) as unknown as Settings["teachers"];
  const input = { ...bare.config.input, crop: 16 };
  const training = createTraining({
    plugins,
    config: { losses, teachers, input, seed },
    services: { models, classes },
  });
  await training.hooks.setup.promise(training);
  const images = tf.tensor4d(createRandom(`images ${seed}`).normals(2 * 16 * 16 * 3), [2, 16, 16, 3]);
  const labels = tf.tensor2d([1, 0, 0, 0, 1, 0], [2, 3]);
  const batch = await training.hooks.batch.promise({ images, labels }, step);
  const seen = models.get("student").forward(batch, "train", { maps: ["layer1", "layer2"] });
  // As of a transformer: a ResNet has no tokens.
  const distillationTokenLogits = tf.tensor2d(createRandom(`token ${seed}`).normals(6), [2, 3]);
  const given = { ...seen, images, distillationTokenLogits };
  const outputs = training.hooks.forward.call(given, batch, step);
  const total = (given: Outputs): tf.Scalar =>
    tf.addN(Object.values(training.hooks.loss.call({}, given, batch, step))) as tf.Scalar;
  return { training, batch, outputs, total };
}

/** The tensors that a loss may lead gradients to: logits, features and maps, also of those who look at generated images. */
function leavesOf(outputs: Outputs): readonly tf.Tensor[] {
  const { logits, features, maps = {}, distillationTokenLogits, byTeacher, byStudent } = outputs;
  const own = [logits, features, ...Object.values(maps), distillationTokenLogits];
  const asked = [byTeacher, byStudent].flatMap((one) => (one ? [one.logits, one.features] : []));
  return [...own, ...asked].filter((leaf) => leaf !== undefined);
}

function withLeaves(outputs: Outputs, leaves: readonly tf.Tensor[]): Outputs {
  const rest = [...leaves];
  const next = <T>() => rest.shift() as unknown as T;
  const put = (one: Outputs): Outputs => ({ ...one, logits: next(), ...(one.features && { features: next() }) });
  const own = put(outputs);
  const maps = Object.fromEntries(Object.keys(outputs.maps ?? {}).map((name) => [name, next<tf.Tensor4D>()]));
  return {
    ...own,
    maps,
    ...(outputs.distillationTokenLogits && { distillationTokenLogits: next<tf.Tensor2D>() }),
    ...(outputs.byTeacher && { byTeacher: put(outputs.byTeacher) }),
    ...(outputs.byStudent && { byStudent: put(outputs.byStudent) }),
  };
}

const numbersIn = (record: Batch | Outputs) =>
  Object.values(record).flatMap((value) => (value instanceof tf.Tensor ? [Array.from(value.dataSync())] : []));

test("there are losses to look at", () => expect(names.length).toBeGreaterThan(8));

describe.each(names)("the loss %s", (name) => {
  test("is finite, and the same for the same seed", async () => {
    const values = [];
    for (let turn = 0; turn < 2; turn++) {
      const { total, outputs } = await stage(name);
      values.push(total(outputs).dataSync()[0]);
    }
    expect(values[0]).toBeTypeOf("number");
    expect(Number.isFinite(values[0])).toBe(true);
    expect(values[1]).toBe(values[0]);
  });

  test("has the gradient of its finite differences in all that the networks gave it", async () => {
    const { total, outputs } = await stage(name);
    // Copies: the last map is the features too, and the gradient of one would be that of both.
    const leaves = leavesOf(outputs).map((leaf) => leaf.clone());
    const compute = (...moved: tf.Tensor[]) => {
      // What it does not use has no gradient by itself.
      const unused = tf.addN(moved.map((leaf) => leaf.sum().mul(0)));
      return total(withLeaves(outputs, moved)).add(unused);
    };
    expect(gradientError(compute, leaves, { step: steps[name] ?? 0.005, samples: 40 })).toBeLessThan(2e-2);
  });

  test("leaves batch and outputs as they were, and no tensor behind but its terms", async () => {
    const { training, batch, outputs } = await stage(name);
    const before = [numbersIn(batch), numbersIn(outputs)];
    expect(() => tf.dispose(Object.values(training.hooks.loss.call({}, outputs, batch, step)))).not.toLeak();
    expect([numbersIn(batch), numbersIn(outputs)]).toEqual(before);
  });
});
