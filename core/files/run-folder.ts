/** The folder a run leaves behind: manifest, config, metrics, result, checkpoints, models. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { appendFile, mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Layer } from "../config.js";
import type { UsedEngine } from "../engine.js";
import { checkpointMismatch, pathProblem } from "../errors.js";
import type { Run } from "../run.js";
import type { EpochSummary } from "../types.js";
import { readNewestCheckpoint, writeCheckpoint, writeFile } from "./checkpoint.js";
import { type StageResult, summarize } from "./result.js";
import { encodeSafetensors } from "./safetensors.js";

/** What the run was asked for: enough to compose it again. */
export interface RunRequest {
  /** The preset's name or file, as it was given. */
  readonly preset: string;
  /** What the user laid over the preset, scale included. */
  readonly layers: readonly Layer[];
  /** Specifiers of further plugins. */
  readonly plugins: readonly string[];
}

/** `manifest.json`: what the run depended on, and how long its stages took. */
export interface Manifest {
  readonly fgkd: string;
  readonly node: string;
  readonly engine: string;
  /** Options of the engine, such as its threads. */
  readonly engineOptions?: UsedEngine["options"];
  /** Version of the engine's library. */
  readonly engineVersion?: string;
  readonly preset: string;
  readonly seed: number;
  readonly classes: readonly string[];
  /** By stage. */
  readonly data: Readonly<Record<string, string>>;
  /** By stage, over all sittings. */
  readonly seconds: Readonly<Record<string, number>>;
}

/** Writes and reads one run folder. */
export interface RunFolder {
  readonly path: string;
  readonly request: RunRequest;
  /** Appends the epoch to `metrics.jsonl`. */
  recordEpoch(summary: EpochSummary): Promise<void>;
  checkpoint(run: Run): Promise<string>;
  /** Loads the newest whole checkpoint into the run; false when there is none. */
  restore(run: Run, engine: UsedEngine): Promise<boolean>;
  /** Writes the manifest; again whenever a stage's seconds are known. */
  writeManifest(run: Run, engine: UsedEngine, seconds: Readonly<Record<string, number>>): Promise<void>;
  readManifest(): Promise<Manifest>;
  /** Writes `result.json` and `models/<role>.safetensors`. */
  finish(run: Run): Promise<readonly StageResult[]>;
}

/**
 * A new run folder.
 *
 * @throws FGKD_PATH when the folder already holds a run
 */
export async function createRunFolder(path: string, request: RunRequest, run: Run): Promise<RunFolder> {
  const files = await readdir(path).catch(() => [] as string[]);
  if (files.includes("config.json"))
    throw pathProblem(path, "already holds a run", `Continue it with --resume ${path}, or choose another --out.`);
  await mkdir(path, { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
    throw pathProblem(path, `cannot be made (${cause.code})`, "Choose another --out.");
  });
  await writeJson(join(path, "config.json"), {
    ...request,
    resolved: { run: run.config.run, stages: run.config.stages },
  });
  return folderAt(path, request);
}

/**
 * The folder of an earlier run.
 *
 * @throws FGKD_PATH when it holds none
 */
export async function openRunFolder(path: string): Promise<RunFolder> {
  const text = await readFile(join(path, "config.json"), "utf8").catch(() => {
    throw pathProblem(path, "holds no run (config.json is missing)", "Give a folder that fgkd train made.");
  });
  const { preset, layers, plugins } = JSON.parse(text) as RunRequest;
  return folderAt(path, { preset, layers, plugins });
}

function folderAt(path: string, request: RunRequest): RunFolder {
  const at = (...parts: string[]) => join(path, ...parts);
  const readManifest = async () => JSON.parse(await readFile(at("manifest.json"), "utf8")) as Manifest;
  return {
    path,
    request,
    readManifest,
    recordEpoch: (summary) => appendFile(at("metrics.jsonl"), line(summary)),
    checkpoint: async (run) => writeCheckpoint(at("checkpoints"), await run.save()),
    restore: async (run, engine) => {
      const differences = compare(await readManifest(), manifestOf(run, engine, {}));
      if (differences.length > 0) throw checkpointMismatch(path, differences);
      const state = await readNewestCheckpoint(at("checkpoints"), run.logger);
      if (state) run.load(state);
      // What was recorded after that checkpoint will be recorded again.
      await writeText(at("metrics.jsonl"), run.history.map(line).join(""));
      return state !== null;
    },
    writeManifest: (run, engine, seconds) => writeJson(at("manifest.json"), manifestOf(run, engine, seconds)),
    finish: async (run) => {
      const results = summarize(run);
      await writeJson(at("result.json"), { stages: results });
      await mkdir(at("models"), { recursive: true });
      for (const role of run.models.built) await exportModel(run, role, at("models", `${fileName(role)}.safetensors`));
      return results;
    },
  };
}

/** The model of one role alone, under public weight names, with what a reader needs to use it. */
async function exportModel(run: Run, role: string, path: string): Promise<void> {
  const { backbone, inputSize = null } = run.config.run.models[role] ?? {};
  const about = { role, backbone, inputSize, classes: run.classes, input: run.stages[0]?.config.input };
  const metadata = { format: "pt", fgkd: JSON.stringify(about) };
  await writeFile(path, encodeSafetensors({ tensors: await run.models.get(role).parameters.export(), metadata }));
}

/** The engine of an earlier sitting as one would choose it: number of threads and all, wherever the run goes on. */
export function engineOf({ engine, engineOptions }: Manifest): { readonly name: string } {
  return { name: engine, ...engineOptions };
}

function manifestOf(run: Run, engine: UsedEngine, seconds: Manifest["seconds"]): Manifest {
  return {
    fgkd: version(),
    node: process.version,
    engine: engine.name,
    engineOptions: engine.options,
    engineVersion: engine.version,
    preset: run.preset.name,
    seed: run.config.run.seed,
    classes: run.classes,
    data: run.fingerprints,
    seconds,
  };
}

/** What of a manifest a resumed run must share, in words where it does not. */
function compare(then: Manifest, now: Manifest): string[] {
  const shared = ["fgkd", "engine", "engineOptions", "engineVersion", "preset", "seed", "data", "classes"] as const;
  return shared.flatMap((key) =>
    digest(then[key]) === digest(now[key]) ? [] : [`${key} was ${brief(then[key])}, is ${brief(now[key])}`],
  );
}

function digest(value: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(value) ?? "")
    .digest("hex");
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? "not recorded";
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/** A role is a name the preset's author chose; a file name must not leave the folder. */
function fileName(role: string): string {
  return role.replaceAll(/[^\w.-]/g, "_");
}

function line(summary: EpochSummary): string {
  return `${JSON.stringify(summary)}\n`;
}

function writeJson(path: string, value: unknown): Promise<void> {
  return writeText(path, `${JSON.stringify(value, null, 2)}\n`);
}

async function writeText(path: string, text: string): Promise<void> {
  await writeFile(path, [new TextEncoder().encode(text)]);
}

/** Of this package. */
export function version(): string {
  // From dist/core/files and from core/files alike, the package file is found by walking up.
  for (const up of ["../../package.json", "../../../package.json"]) {
    try {
      return (JSON.parse(readFileSync(new URL(up, import.meta.url), "utf8")) as { readonly version: string }).version;
    } catch {
      // Not at this height.
    }
  }
  return "unknown";
}
