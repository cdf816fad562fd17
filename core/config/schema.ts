/** What configuration may look like, and the words for what does not. */
import { z } from "zod";
import { evaluationSchema } from "../evaluation/settings.js";
import { notNormalisation } from "../models/normalisation.js";
import { invalidConfig, unknownName, unknownOption } from "../values/errors.js";
import { checkPlain } from "../values/plain.js";
import { watchdogSchema } from "../watchdogs/settings.js";

const count = z.number().int().nonnegative();
const positive = z.number().int().positive();
/** In pixels. Far beyond any network's input, and small enough for buffers of its square. */
const side = positive.max(2 ** 14);
const share = z.number().min(0).max(1);
const perChannel = (what: "mean" | "deviation") =>
  z.tuple([z.number(), z.number(), z.number()]).refine((values) => notNormalisation(what, values) === undefined, {
    error: ({ input }) => notNormalisation(what, input as number[]),
  });
/** A registered name with its own options, which the registry checks. A layer may change the options alone. */
const choice = z.looseObject({ name: z.string().min(1).optional() });

/** A line of a list stands for itself: it needs its name. */
const line = z.looseObject({ name: z.string().min(1) });
const lossLine = line.extend({ weight: z.number().nonnegative().optional(), term: z.string().min(1).optional() });

const stageShape = {
  enabled: z.boolean(),
  epochs: count,
  stepsPerEpoch: positive.nullable(),
  stepsPerTurn: positive,
  batchSize: positive,
  accumulate: positive,
  // Loose: the options of the chosen rule stand beside the shared ones, and its registry entry checks them.
  optimizer: z.looseObject({
    name: z.string().optional(),
    learningRate: z.number().positive().optional(),
    schedule: choice.optional(),
    groups: z.array(line).optional(),
    weightDecay: z.number().nonnegative().optional(),
    decayNormsAndBiases: z.boolean().optional(),
    newLayersFactor: z.number().nonnegative().optional(),
    // The group says what may stand there.
    freeze: z.looseObject({}).nullable().optional(),
    clipNorm: z.number().positive().nullable().optional(),
  }),
  data: choice.nullable(),
  input: z
    .strictObject({
      resize: side,
      fit: z.enum(["shorter", "warp"]),
      pad: count.max(2 ** 14),
      crop: side,
      flip: share,
      mean: perChannel("mean"),
      deviation: perChannel("deviation"),
      transforms: z.strictObject({ train: z.array(line).nullable(), test: z.array(line).nullable() }).partial(),
    })
    .partial(),
  evaluation: evaluationSchema,
  export: z.enum(["last", "best"]),
  augmenters: z.array(line),
  teachers: z.array(line),
  losses: z.array(lossLine),
  without: z.array(z.string()),
  options: z.record(z.string(), z.record(z.string(), z.unknown())),
};

const modelInput = z
  .strictObject({
    size: side.nullable(),
    crop: side.nullable(),
    interpolation: z.enum(["bilinear", "bicubic"]),
    mean: perChannel("mean"),
    deviation: perChannel("deviation"),
  })
  .partial();

const model = z.strictObject({
  backbone: choice.optional(),
  like: z.string().min(1).nullable().optional(),
  input: modelInput.optional(),
  weights: z.string().nullable().optional(),
  strict: z.boolean().optional(),
});

const checkpoints = z.strictObject({
  keep: positive,
  minutes: z.number().positive().nullable(),
  steps: positive.nullable(),
});

/** Of one stage. */
export const stageSchema = z.strictObject(stageShape).partial();

/** Of a configuration file, but `preset`, `scale` and `plugins`. */
export const configSchema = z
  .strictObject({
    ...stageShape,
    seed: count,
    engine: z.union([z.string(), choice]),
    checkpoints: checkpoints.partial(),
    report: z.boolean(),
    models: z.record(z.string(), model),
    watchdogs: watchdogSchema,
    stages: z.record(z.string(), stageSchema),
  })
  .partial();

/**
 * Refuses what no setting can be.
 *
 * @param origin where the config comes from, for the message
 * @throws FGKD_UNKNOWN_OPTION, FGKD_INVALID_CONFIG, FGKD_UNKNOWN_NAME
 */
export function checkConfig(config: object, stageNames: readonly string[], origin: string): void {
  checkPlain(config, origin);
  const issue = configSchema.safeParse(config).error?.issues[0];
  if (issue) throw describe(issue, config, origin);
  for (const stage of Object.keys((config as { readonly stages?: object }).stages ?? {}))
    if (!stageNames.includes(stage)) throw unknownName("stage", stage, stageNames);
}

function describe(issue: z.core.$ZodIssue, config: object, origin: string): Error {
  const path = issue.path.map(String);
  if (issue.code === "unrecognized_keys") {
    const where = [origin, ...path].join(" › ");
    return unknownOption(where, issue.keys[0] ?? "", knownKeys(path));
  }
  const received = path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], config);
  return invalidConfig(
    origin,
    `${path.join(".") || "it"} is ${(JSON.stringify(received) ?? "missing").slice(0, 200)}`,
    `${issue.message}; fgkd config shows every setting with its value.`,
  );
}

/** The keys that may stand at a path: the shape of the innermost object schema on the way. */
function knownKeys(path: readonly string[]): readonly string[] {
  const inStage = path[0] === "stages";
  const [key, ...rest] = inStage ? path.slice(2) : path;
  if (key === undefined) return Object.keys(inStage ? stageSchema.shape : configSchema.shape);
  if (key === "models") return Object.keys(rest[1] === "input" ? modelInput.shape : model.shape);
  if (key === "checkpoints") return Object.keys(checkpoints.shape);
  const inner = key === "watchdogs" ? watchdogSchema : stageShape[key as keyof typeof stageShape];
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}
