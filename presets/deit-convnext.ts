/** A transformer student, a convolutional teacher: fine-tune both, then distil through a token of the student's own. */
import { z } from "zod";
import {
  type Backbones,
  type Choice,
  type Config,
  definePresetWithOptions,
  describeOptions,
  type OptionsOf,
  type Preset,
  type Stage,
} from "../core/index.js";
import { averagedWeights, catalogue } from "../plugins/index.js";
import { type DeitVariant, type DeitVariantName, deitVariants } from "./deit-variants.js";
import { deitConvnextTables } from "./tables/deit-convnext.js";
import { convnextRecipe, deitRecipe, type Form, mixed, type Recipe } from "./transformer-recipes.js";

const names = Object.keys(deitVariants) as [DeitVariantName, ...DeitVariantName[]];
const said = "null: what the variant says, else";

const schema = z.object({
  variant: z
    .enum(names)
    .nullable()
    .default(null)
    .describe("A row of the report's table 2, by its part and its place in it; null: none."),
  form: z
    .enum(["own", "parity"])
    .default("own")
    .describe("own: settings that suit batches of 16; parity: the two official repositories' defaults, word for word."),
  student: z
    .enum(["plain", "distilled", "none"])
    .nullable()
    .default(null)
    .describe(`With a distillation token or without; none: the teacher alone is trained; ${said} distilled.`),
  teacher: z
    .enum(["convnext", "bit", "none"])
    .nullable()
    .default(null)
    .describe(`ConvNeXt-B or BiT 50x1; none: the student is trained alone; ${said} convnext.`),
  distillation: z
    .enum(["hard", "soft", "none"])
    .nullable()
    .default(null)
    .describe(`What the distillation token learns: the teacher's likeliest class, or its distribution; ${said} hard.`),
  start: z
    .enum(["imagenet", "baseline"])
    .nullable()
    .default(null)
    .describe(
      `What distillation starts from: the student's first weights, or the student that was trained alone; ${said} baseline.`,
    ),
  recipe: z
    .enum(["deit", "convnext"])
    .nullable()
    .default(null)
    .describe(`How the student is trained alone; distillation always has DeiT's; ${said} convnext.`),
});

export type DeitConvnextOptions = OptionsOf<typeof schema>;

type Models = NonNullable<Config["models"]>;

/** Without a variant: the report's best row. */
const usual: Omit<DeitVariant, "summary"> = deitVariants.b7;

/** Of the row that is trained from scratch. */
const large: Models = { teacher: { backbone: { name: "convnext_large" } } };

/** Minutes on two cores, from scratch: gentler augmentation, since small networks underfit, and the report's batches of 16. */
const demo: Config = {
  epochs: 30,
  batchSize: 16,
  data: { name: "birds", classes: 6, train: 50, test: 50, size: 0.8 },
  input: {
    resize: 110,
    crop: 96,
    flip: 0.5,
    transforms: {
      train: [{ name: "random-resized-crop", scale: [0.35, 1], ratio: [3 / 4, 4 / 3] }, { name: "flip" }],
      test: null,
    },
  },
  optimizer: { learningRate: 1e-3, weightDecay: 0.05, newLayersFactor: 1, groups: [{ name: "no-decay" }] },
  evaluation: { every: 10, last: 3 },
};

/** Of the demo's stages that mix. */
const mixing = (probability: number) => ({ options: { "mixup-cutmix": { probability } } });

/** The demo's teacher: convolutions learn from few images for longer, and gain by mixing, which their recipe lacks. */
const demoTeacher = { epochs: 40, augmenters: mixed, ...mixing(0.5) };

/** "Learning with Knowledge Distillation for Fine Grained Image Classification" (Khattak, Khan, Dawoud). */
export const deitConvnext = definePresetWithOptions<DeitConvnextOptions>({
  name: "deit-convnext",
  summary: "transformer student, convolutional teacher, distilled through a token, hard or soft",
  variants: Object.fromEntries(names.map((name) => [name, deitVariants[name].summary])),
  tables: deitConvnextTables,
  ...describeOptions("preset deit-convnext", schema),
  create,
});

function create({ variant, form, ...given }: Required<DeitConvnextOptions>): Omit<Preset, "name" | "summary"> {
  const { student, teacher, distillation, start, recipe } = withDefaults(
    given,
    variant ? deitVariants[variant] : usual,
  );
  const distils = student === "distilled" && teacher !== "none" && distillation !== "none";
  const alone = student !== "none" && (!distils || start === "baseline" || variant === null);
  const fromScratch = variant === "a2";
  // Where distillation starts afresh, what it is compared with is another model.
  const aloneTrains = distils && start === "imagenet" ? "baseline" : "student";
  const stages: Record<string, Stage> = {
    ...(teacher !== "none" && {
      teacher: fineTuning("teacher", "teacher", convnextRecipe(form, fromScratch ? 224 : 384)),
    }),
    ...(alone && {
      alone: fineTuning(aloneTrains, "student alone", recipe === "deit" ? deitRecipe(form) : convnextRecipe(form)),
    }),
    ...(distils && { student: distilling(distillation, form) }),
  };
  const roles = [...new Set(Object.values(stages).map(({ trains }) => trains))];
  const pick = <T>(of: Readonly<Record<string, T>>) =>
    Object.fromEntries(roles.map((role) => [role, of[role === "baseline" ? "student" : role] as T]));
  const demoStages = Object.fromEntries(
    Object.entries(stages).flatMap(([stage, { augmenters }]) => {
      if (stage === "teacher") return [[stage, demoTeacher]];
      return augmenters ? [[stage, mixing(0.2)]] : [];
    }),
  );
  // A ConvNeXt from scratch stays behind the student here, so the demo has one only where it was asked for.
  const demoNetwork = given.teacher ?? (variant ? deitVariants[variant].teacher : "bit");
  return {
    plugins: [catalogue()],
    pretrained: fromScratch ? [] : roles,
    stages,
    defaults: {
      epochs: variant?.startsWith("c") ? 30 : 60,
      batchSize: 16,
      data: { name: "birds" },
      models: { ...pick(paperModels(student, teacher, form)), ...(fromScratch && large) },
      evaluation: { metrics: [{ name: "top-1" }, { name: "top-5" }, { name: "test-loss" }], last: 1 },
    },
    scales: { paper: {}, demo: { ...demo, models: pick(demoModels(student, demoNetwork)), stages: demoStages } },
  };
}

function withDefaults(
  given: Omit<Required<DeitConvnextOptions>, "variant" | "form">,
  row: Omit<DeitVariant, "summary">,
): Omit<DeitVariant, "summary"> {
  const { student, teacher, distillation, start, recipe } = given;
  return {
    student: student ?? row.student,
    teacher: teacher ?? row.teacher,
    distillation: distillation ?? row.distillation,
    start: start ?? row.start,
    recipe: recipe ?? row.recipe,
  };
}

function fineTuning(trains: string, title: string, { smoothing, augmenters, settings }: Recipe): Stage {
  return {
    trains,
    title,
    ...(augmenters && { augmenters }),
    losses: [{ name: "cross-entropy", smoothing }],
    // Kept beside the weights, as the repository does, and not what is tested.
    ...(trains !== "teacher" && { plugins: [averagedWeights({ decay: 0.99996 })] }),
    settings,
  };
}

/** `(1 − α) · base + α · distillation`, α one half; smoothing is the base's alone. */
function distilling(kind: "hard" | "soft" | "none", form: Form): Stage {
  const { smoothing, ...recipe } = deitRecipe(form);
  const soft =
    form === "own"
      ? { temperature: 3, reduction: "batch" as const }
      : { temperature: 1, reduction: "elements" as const };
  return {
    ...fineTuning("student", `student, ${kind} distillation`, { smoothing, ...recipe }),
    teachers: [{ name: "teacher-logits" }],
    losses: [
      { name: "cross-entropy", smoothing, token: "class", weight: 0.5 },
      { name: "token-distillation", ...(kind === "soft" ? { kind, ...soft } : { kind: "hard" }), weight: 0.5 },
    ],
  };
}

/** Of 384 pixels, ImageNet's weights to be had by `--set models.<role>.weights=imagenet`. */
function paperModels(student: DeitVariant["student"], teacher: DeitVariant["teacher"], form: Form): Models {
  const half = [0.5, 0.5, 0.5] as const;
  const bit = { backbone: { name: "resnetv2_50x1_bit" } as Choice<Backbones> };
  const plain = student === "plain";
  return {
    // BiT was trained with other statistics; the official code shows it the student's images all the same.
    teacher:
      teacher === "bit"
        ? { ...bit, ...(form === "own" && { input: { mean: half, deviation: half } }) }
        : {
            backbone:
              form === "own"
                ? { name: "convnext_base", dropPath: 0.2, headInitScale: 0.001 }
                : { name: "convnext_base" },
          },
    student: {
      backbone: { name: plain ? "deit_base_patch16_384" : "deit_base_distilled_patch16_384", dropPath: 0.1 },
    },
  };
}

/** For images of 96 pixels: a BiT or a ConvNeXt of four blocks, and a transformer of four. */
function demoModels(student: DeitVariant["student"], teacher: DeitVariant["teacher"]): Models {
  const transformer = { size: 96, patch: 16, width: 96, depth: 4, heads: 3, distilled: student !== "plain" };
  return {
    teacher: {
      backbone:
        teacher === "convnext"
          ? { name: "convnext", depths: [2, 2], widths: [128, 256], patch: 8, kernel: 5, layerScale: null }
          : { name: "bit", depths: [1, 1, 1, 1], widths: [128, 256, 512, 1024], stem: 32 },
    },
    student: { backbone: { name: "deit", ...transformer } },
  };
}
