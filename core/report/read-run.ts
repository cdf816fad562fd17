/** What a run folder has for a page: read as what anybody may have edited, and as far as it is there. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { z } from "zod";
import { splits } from "../data/source.js";
import { openTensorFile } from "../formats/open-tensor-file.js";
import { checkTree, readJsonFile } from "../store/json-file.js";
import { type RunConfig, readConfig, readManifest } from "../store/run-config.js";
import type { EpochSummary } from "../values/records.js";
import { isRecord } from "../values/unknown.js";
import { messageOf } from "../values/words.js";
import type { ReportedModel, ReportedRun, ReportedSetting, ReportedStage } from "./subject.js";
import { readTold } from "./told.js";

/** In bytes; a hundred thousand epochs take half of it. */
const largest = 2 ** 26;

/** JSON has no NaN: it is written as null. */
const numbers = z.record(z.string(), z.number().nullable());
const whole = z.number().int().nonnegative();

const epochSchema = z.looseObject({
  stage: z.string(),
  epoch: whole,
  losses: numbers,
  metrics: numbers,
  learningRate: z.number(),
  split: z.enum(splits).optional(),
});

const resultSchema = z.looseObject({
  stages: z.array(
    z.looseObject({
      stage: z.string(),
      title: z.string(),
      role: z.string(),
      epochs: whole,
      split: z.enum(splits).optional(),
      accuracy: z.number().nullable(),
      meanOf: whole,
      best: z.number().nullable(),
      exported: z.enum(["last", "best"]).default("last"),
      measured: numbers.default({}),
    }),
  ),
  images: z.record(z.string(), whole).default({}),
  dataWait: z.record(z.string(), z.number()).default({}),
});

/**
 * A run without the answers of its models.
 *
 * @param path of the run folder
 * @param name as one would type it
 * @throws FGKD_PATH where it holds no run; FGKD_CORRUPT_FILE for settings that fgkd did not write
 */
export function readReportedRun(path: string, name: string): ReportedRun {
  const config = readConfig(path);
  const missing: string[] = [];
  const lacking = (what: string, cause: unknown) => void missing.push(`${what}: ${messageOf(cause)}`);
  const manifest =
    attempt(
      () => readManifest(path),
      (cause) => lacking("The manifest cannot be read", cause),
    ) ?? null;
  const history =
    attempt(
      () => readHistory(path),
      (cause) => lacking("metrics.jsonl cannot be read", cause),
    ) ?? [];
  const result =
    attempt(
      () => readResult(path),
      (cause) => lacking("result.json cannot be read", cause),
    ) ?? null;
  if (!result && !existsSync(join(path, "result.json")))
    missing.push("The run has not ended: this is how far it has come.");
  const told = attempt(
    () => readTold(path),
    (cause) => lacking("What the run said cannot be read", cause),
  );
  return {
    name,
    preset: { name: existsSync(config.preset) ? basename(config.preset) : config.preset },
    manifest,
    stages: result ?? stagesSoFar(history),
    history,
    models: readModels(path, config, lacking),
    images: {},
    peakMemory: told?.peakMemory ?? null,
    settings: settingsIn(config),
    answers: null,
    warnings: told?.warnings ?? [],
    advice: [],
    missing,
  };
}

function attempt<T>(read: () => T, fail: (cause: unknown) => void): T | undefined {
  try {
    return read();
  } catch (cause) {
    fail(cause);
    return undefined;
  }
}

/** The last line may be half written. */
function readHistory(path: string): readonly EpochSummary[] {
  const file = join(path, "metrics.jsonl");
  if (!existsSync(file)) return [];
  if (statSync(file).size > largest) throw new Error(`it has more than ${largest} bytes`);
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return lines.filter(Boolean).map((line) => {
    const value: unknown = JSON.parse(line);
    checkTree(value);
    // Numbers that were no numbers are null here; whoever draws them looks.
    return epochSchema.parse(value) as EpochSummary;
  });
}

function readResult(path: string): readonly ReportedStage[] | null {
  const file = join(path, "result.json");
  if (!existsSync(file)) return null;
  const value = readJsonFile(file, largest);
  checkTree(value);
  const { stages, images, dataWait } = resultSchema.parse(value);
  return stages.map((stage) => {
    const [measuredOn, waited] = [images[stage.stage], dataWait[stage.stage]];
    return {
      ...stage,
      ...(measuredOn !== undefined && { images: measuredOn }),
      ...(waited !== undefined && { dataWait: waited }),
    } as ReportedStage;
  });
}

/** Of a run that goes on, from the epochs that it has. */
function stagesSoFar(history: readonly EpochSummary[]): readonly ReportedStage[] {
  return [...new Set(history.map(({ stage }) => stage))].map((stage) => {
    const epochs = history.filter((summary) => summary.stage === stage);
    const measured = epochs.flatMap(({ metrics }) => (typeof metrics.accuracy === "number" ? [metrics.accuracy] : []));
    const split = epochs.at(-1)?.split ?? "test";
    const best = measured.length > 0 ? Math.max(...measured) : null;
    const accuracy = measured.at(-1) ?? null;
    return {
      stage,
      title: stage,
      role: "–",
      epochs: epochs.length,
      split,
      accuracy,
      meanOf: 1,
      best,
      exported: "last",
      measured: {},
    };
  });
}

function readModels(
  path: string,
  { resolved }: RunConfig,
  lacking: (what: string, cause: unknown) => void,
): readonly ReportedModel[] {
  const folder = join(path, "models");
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".safetensors")) : [];
  const known = isRecord(resolved.run) && isRecord(resolved.run.models) ? resolved.run.models : {};
  return files.sort().flatMap((file) => {
    const name = file.replace(/\.safetensors$/, "");
    const role =
      Object.keys(known).find((one) => one === name) ?? Object.keys(known).find((one) => name.startsWith(`${one}-`));
    const backbone = backboneOf(role === undefined ? undefined : known[role]);
    const model = attempt(
      () => {
        const { entries } = openTensorFile(join(folder, file));
        const parameters = [...entries.values()].reduce(
          (sum, { shape }) => sum + shape.reduce((size, side) => size * side, 1),
          0,
        );
        return {
          name,
          parameters,
          bytes: statSync(join(folder, file)).size,
          ...(backbone !== undefined && { backbone }),
        };
      },
      (cause) => lacking(`models/${file} cannot be read`, cause),
    );
    return model ? [model] : [];
  });
}

function backboneOf(model: unknown): string | undefined {
  const backbone = isRecord(model) ? model.backbone : undefined;
  return isRecord(backbone) && typeof backbone.name === "string" ? backbone.name : undefined;
}

/** Where its preset is not at hand, all that is known of a setting's origin is whether a layer of the user's has it. */
function settingsIn({ resolved, layers }: RunConfig): readonly ReportedSetting[] {
  const origins = new Map<string, string>();
  for (const { origin, config } of layers) for (const [path] of leaves(config)) origins.set(path, origin);
  return leaves(resolved.run).map(([path, value]) => ({
    path,
    value,
    origin: origins.get(path) ?? "preset or default",
  }));
}

function leaves(value: unknown, prefix = ""): readonly (readonly [path: string, value: unknown])[] {
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    isRecord(inner) && Object.keys(inner).length > 0
      ? leaves(inner, `${prefix}${key}.`)
      : [[`${prefix}${key}`, inner] as const],
  );
}
