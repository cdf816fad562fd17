/** Promises of inference: plugins, presets and configuration. Compiled by `npm run types`, never run. */
import * as tf from "@tensorflow/tfjs";
import { expectTypeOf } from "vitest";
import {
  alternate,
  type Batch,
  createTraining,
  defineConfig,
  definePlugin,
  definePreset,
  type Gradients,
  need,
  notYet,
  type Outputs,
  type Plugin,
  type Preset,
  replace,
  type Steps,
  type Training,
} from "../../core/index.js";
import { crossEntropy, snapmix } from "../../plugins/index.js";

/* A field that one plugin carries from hook to hook. */
declare module "../../core/index.js" {
  interface Batch {
    readonly typesTestMask?: tf.Tensor2D;
  }
}

/* definePlugin: every option has a default, and is there in check and apply. */
const gentle = definePlugin<{ readonly weight?: number; readonly kind?: "soft" | "hard" }>({
  name: "gentle",
  defaults: { weight: 1, kind: "soft" },
  check({ weight, kind }) {
    expectTypeOf(weight).toEqualTypeOf<number>();
    expectTypeOf(kind).toEqualTypeOf<"soft" | "hard">();
  },
  apply(training, { weight }) {
    expectTypeOf(training).toEqualTypeOf<Training>();
    expectTypeOf(weight).toEqualTypeOf<number>();
  },
});
expectTypeOf(gentle).returns.toEqualTypeOf<Plugin>();
gentle();
gentle({});
gentle({ weight: 2, kind: "hard" });
// @ts-expect-error: no such option
gentle({ wieght: 2 });
// @ts-expect-error: no such kind
gentle({ kind: "medium" });
// @ts-expect-error: kind has no default
definePlugin<{ readonly weight?: number; readonly kind?: string }>({ name: "no", defaults: { weight: 1 }, apply() {} });
crossEntropy({ smoothing: 0.1 });
// @ts-expect-error: no such option
crossEntropy({ smothing: 0.1 });
// @ts-expect-error: no such weighting
snapmix({ camWeights: "sea" });

/* Plugin lists nest and have gaps. */
createTraining({ plugins: [gentle(), false, null, undefined, [gentle(), [1 > 2 && gentle()]]] });
// @ts-expect-error: a name is no plugin
createTraining({ plugins: ["gentle"] });

/* Taps: async where hooks are, sync inside the tape. */
const { hooks } = createTraining({ plugins: [] });
hooks.batch.tapPromise("mine", async (batch, step) => {
  expectTypeOf(batch).toEqualTypeOf<Batch>();
  expectTypeOf(step.progress).toEqualTypeOf<number>();
  return batch;
});
hooks.loss.tap("mine", (terms, outputs) => ({ ...terms, mine: need(outputs, "logits", "mine").mean().asScalar() }));
// @ts-expect-error: a loss is computed inside the tape, which nothing may leave
hooks.loss.tap("mine", async (terms) => terms);
// @ts-expect-error: a term is a tensor, not a number
hooks.loss.tap("mine", (terms) => ({ ...terms, mine: 1 }));

hooks.gradients.tap("mine", (gradients) => {
  expectTypeOf(gradients).toEqualTypeOf<Gradients>();
  return notYet;
});
hooks.gradients.tapPromise("mine", async (gradients) => gradients);
// @ts-expect-error: a gradient is a tensor
hooks.gradients.tap("mine", () => ({ weight: 1 }));
hooks.update.tap("mine", ({ count, learningRate }) => expectTypeOf([count, learningRate]).toEqualTypeOf<number[]>());

/* Records: fields narrow, are read-only, and open to merging. */
const batch: Batch = {};
expectTypeOf(need(batch, "labels", "mine")).toEqualTypeOf<tf.Tensor2D>();
expectTypeOf(need(batch, "typesTestMask", "mine")).toEqualTypeOf<tf.Tensor2D>();
expectTypeOf(need({} as Outputs, "features", "mine")).toEqualTypeOf<tf.Tensor4D>();
expectTypeOf(replace(batch, { labels: tf.tensor2d([[1]]) })).toEqualTypeOf<Batch>();
// @ts-expect-error: records are read-only
batch.labels = tf.tensor2d([[1]]);
// @ts-expect-error: no such field
need(batch, "label", "mine");

/* definePreset: schedule is given exactly the stages of the preset. */
const preset = definePreset({
  name: "types",
  summary: "",
  plugins: [],
  stages: { teacher: { trains: "teacher" }, student: { trains: "student", settings: { epochs: 2 } } },
  defaults: {},
  schedule: (steps) => {
    expectTypeOf(steps).toEqualTypeOf<Readonly<Record<"teacher" | "student", Steps>>>();
    // @ts-expect-error: no such stage
    steps.generator;
    return alternate([steps.teacher, 1], [steps.student, 2]);
  },
});
expectTypeOf(preset).toEqualTypeOf<Preset>();
definePreset({
  name: "types",
  summary: "",
  plugins: [],
  defaults: {},
  // @ts-expect-error: a stage trains a role
  stages: { student: {} },
});

/* defineConfig: settings complete, options of the chosen entry with them. */
defineConfig({
  preset,
  epochs: 3,
  optimizer: { name: "sgd", momentum: 0.9 },
  models: { student: { backbone: { name: "resnet18", head: "linear" }, input: { size: 128 } } },
  data: { name: "folder", path: "photos" },
  stages: { teacher: { epochs: 1 } },
  options: { snapmix: { probability: 0.5 } },
});
// @ts-expect-error: no such setting
defineConfig({ epoch: 3 });
// @ts-expect-error: a number is wanted
defineConfig({ epochs: "3" });
// @ts-expect-error: no such schedule
defineConfig({ optimizer: { schedule: { name: "cosinus" } } });
defineConfig({ optimizer: { schedule: { name: "cosine", minimum: 1e-6, per: "step" } } });
// @ts-expect-error: a constant has no minimum
defineConfig({ optimizer: { schedule: { name: "constant", minimum: 1e-6 } } });
defineConfig({ optimizer: { groups: [{ name: "layer-decay", rate: 0.7 }, { name: "no-decay" }] } });
// @ts-expect-error: a rate has no default
defineConfig({ optimizer: { groups: [{ name: "layer-decay" }] } });
