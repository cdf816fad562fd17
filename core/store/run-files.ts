/** `config.json` and `manifest.json` of a run folder, and what is in a checkpoint: read as what anybody may have edited. */
import { isAbsolute } from "node:path";
import { z } from "zod";
import { splits } from "../data/source.js";
import { isCommit } from "../hub/reference.js";
import { corruptFile, invalidConfig, readFailed } from "../values/errors.js";
import { messageOf } from "../values/words.js";
import { checkTree, placeOf, readJsonFile } from "./json-file.js";
import { isRunId } from "./run-id.js";

/** In bytes; the files of a thousand classes with long names take a fiftieth. What is larger is not written either. */
export const largestRunFile = 2 ** 22;

/** Checkpoints are named by their steps, in nine digits. */
const mostSteps = 999_999_999;

const record = z.record(z.string(), z.unknown());
const whole = z.number().int().nonnegative();
/** In pixels; `null`: as it comes. */
const side = whole.nullable();
const perChannel = z.tuple([z.number(), z.number(), z.number()]);
/** JSON has no NaN: it is written as null. */
const measured = z.record(z.string(), z.number().nullable());

const configSchema = z.looseObject({
  id: z.string().refine(isRunId, "it is no id of a run").optional(),
  preset: z.string(),
  plugins: z.array(z.string()),
  layers: z.array(z.looseObject({ origin: z.string(), config: record })),
  from: z.string().refine(isAbsolute, "it is no absolute path").optional(),
  written: record.optional(),
  modules: z
    .array(z.looseObject({ name: z.string(), version: z.string().optional(), sha256: z.string().optional() }))
    .optional(),
  weights: z.record(z.string(), z.string()).optional(),
  commits: z.record(z.string(), z.string().refine(isCommit, "it is no commit")).optional(),
  resolved: z.looseObject({
    run: record,
    stages: z.record(z.string(), z.looseObject({ models: record, options: record })),
  }),
});

const manifestSchema = z.looseObject({
  fgkd: z.string(),
  node: z.string(),
  engine: z.string(),
  engineOptions: record.optional(),
  engineVersion: z.string().optional(),
  libraries: z.record(z.string(), z.string()).optional(),
  preset: z.string(),
  seed: z.number(),
  classes: z.array(z.string()),
  data: z.record(z.string(), z.string()),
  seconds: z.record(z.string(), z.number().nonnegative()),
  images: z.record(z.string(), whole),
  forced: z.array(z.string()).optional(),
});

const stateSchema = z.looseObject({
  stages: z.record(
    z.string(),
    z.looseObject({
      epoch: whole,
      index: whole,
      taken: whole.max(mostSteps),
      finished: z.boolean(),
      sums: measured,
      updates: whole.optional(),
      best: z.looseObject({ epoch: whole, accuracy: z.number() }).optional(),
      plugins: record,
    }),
  ),
  roles: z.array(z.string()),
  inputs: z
    .record(
      z.string(),
      z.strictObject({
        mean: perChannel,
        deviation: perChannel,
        crop: side,
        size: side,
        interpolation: z.enum(["bilinear", "bicubic"]),
      }),
    )
    .optional(),
  random: z.record(z.string(), z.array(z.number().int()).length(4)),
  history: z.array(
    z.looseObject({
      stage: z.string(),
      epoch: whole,
      losses: measured,
      metrics: measured,
      learningRate: z.number(),
      split: z.enum(splits).optional(),
      best: z.boolean().optional(),
      exported: whole.optional(),
      test: measured.optional(),
    }),
  ),
  spent: z.record(z.string(), z.looseObject({ seconds: z.number().nonnegative(), images: whole })).optional(),
});

/**
 * What a run was asked for, and what its settings came out as.
 *
 * @throws FGKD_CORRUPT_FILE naming the file and the first field that is not as fgkd writes it; FGKD_PATH when the system
 *   does not let it be read
 */
export function readConfigFile(path: string): unknown {
  return read(path, configSchema, "Restore config.json from a copy, or start the run afresh with another --out.");
}

/** What a run depended on. @throws as `readConfigFile` does */
export function readManifestFile(path: string): unknown {
  return read(path, manifestSchema, "Restore manifest.json from a copy, or start the run afresh with another --out.");
}

/**
 * Refuses what could not be read again, before it takes the place of what could.
 *
 * @throws FGKD_INVALID_CONFIG naming the field
 */
export function checkWritten(kind: "config.json" | "manifest.json", text: string): void {
  const bytes = Buffer.byteLength(text);
  const refuse = (problem: string) =>
    invalidConfig(kind, `it could not be read again: ${problem}`, "Keep lists in files, and settings plain.");
  if (bytes > largestRunFile) throw refuse(`it takes ${bytes} bytes, and ${largestRunFile} are the most`);
  let problem: string | undefined;
  try {
    const value: unknown = JSON.parse(text);
    checkTree(value);
    problem = problemIn(kind === "config.json" ? configSchema : manifestSchema, value);
  } catch (cause) {
    problem = messageOf(cause);
  }
  if (problem) throw refuse(problem);
}

/**
 * The state in a checkpoint, apart from its tensors. Its checksum says that nobody changed it by accident; this, that it
 * was fgkd who wrote it.
 *
 * @throws Error whose message names the field
 */
export function checkSavedState(state: unknown): void {
  const problem = problemIn(stateSchema, state);
  if (problem) throw new Error(problem);
}

function read(path: string, schema: z.ZodType, remedy: string): unknown {
  const refuse = (problem: string) => corruptFile(path, `is not as fgkd wrote it: ${problem}`, remedy);
  let value: unknown;
  try {
    value = readJsonFile(path, largestRunFile);
    checkTree(value);
  } catch (cause) {
    const { message, syscall } = cause as NodeJS.ErrnoException;
    throw syscall ? readFailed(path, cause) : refuse(message);
  }
  const problem = problemIn(schema, value);
  if (problem) throw refuse(problem);
  return value;
}

function problemIn(schema: z.ZodType, value: unknown): string | undefined {
  const issue = schema.safeParse(value).error?.issues[0];
  return issue && `${placeOf(issue.path)}: ${issue.message}`;
}
