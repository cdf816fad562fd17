/** The folder a run leaves behind: manifest, config, metrics, result, checkpoints, models. */
import { appendFileSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { modelOf } from "../models/model.js";
import { encodeSafetensors } from "../models/safetensors.js";
import type { UsedEngine } from "../ops/engine.js";
import type { Run, RunState } from "../run/run.js";
import type { Artifacts } from "../values/artifacts.js";
import { checkpointMismatch, pathProblem, weightsMismatch } from "../values/errors.js";
import type { NamedArray } from "../values/named-array.js";
import type { EpochSummary } from "../values/records.js";
import { artifactsIn } from "./artifacts.js";
import { writeAtomically } from "./atomic.js";
import { type GoodCheckpoint, holdsCheckpoint, lastGoodCheckpoint, readNewestCheckpoint } from "./checkpoint.js";
import { packCheckpoint } from "./checkpoint-format.js";
import { type CheckpointWriter, createCheckpointWriter } from "./checkpoint-writer.js";
import { cleanRun } from "./clean.js";
import { judgeOf, otherWeights } from "./corrections.js";
import { type FolderLock, lockFolder } from "./lock.js";
import { differences, type Manifest, manifestOf, type SpentByStage } from "./manifest.js";
import { type StageResult, summarize } from "./result.js";
import { type RunRequest, readConfig, readManifest, requestIn, writeConfig, writeManifest } from "./run-config.js";
import { asStorage, writeJson, writeText } from "./storage.js";

interface RestoreOptions {
  /** Go on although the run would go on otherwise than it began. Default false. */
  readonly force?: boolean;
  /** What is asked for now, which takes the place of what was. Default: the same. */
  readonly request?: RunRequest;
  /** Whether it asks for further stages. */
  readonly grown?: boolean;
  /** Whether it corrects settings: those that nothing computed depends on may then differ. */
  readonly corrected?: boolean;
  /** How the code of others differs. Packages of another version count like another version of fgkd. */
  readonly others?: { readonly differences: readonly string[]; readonly notices: readonly string[] };
}

/** What a run was taken up from. */
export interface Restored {
  /** False when there was no checkpoint, so that the run begins. */
  readonly resumed: boolean;
  readonly spent: SpentByStage;
  /** Whether the run had come to its end, with a result. */
  readonly ended: boolean;
}

/** Writes and reads one run folder. All that writes throws FGKD_STORAGE. */
export interface RunFolder {
  readonly path: string;
  readonly request: RunRequest;
  /** Takes the folder for this process, until `close`. @throws FGKD_RUN_LOCKED */
  lock(): void;
  /** Whether there is a checkpoint, or a result: something to go on from. */
  readonly holdsWork: boolean;
  /** False when somebody has taken the folder away. Cheap: ask after every step. */
  readonly isThere: boolean;
  /** Appends the epoch to `metrics.jsonl`. */
  recordEpoch(summary: EpochSummary): void;
  /** Whether a checkpoint is being written. */
  readonly busy: boolean;
  /**
   * Copies the run's state, and writes the copy in the background once the one before is written.
   *
   * @param ended the epoch that has just ended; its checkpoint is kept when it is the best so far of its stage
   */
  checkpoint(run: Run, spent: SpentByStage, ended?: EpochSummary): Promise<void>;
  /** What plugins leave. What goes wrong there is for `check` to throw. */
  readonly artifacts: Artifacts;
  /** Throws what went wrong in the background, or with artifacts. */
  check(): void;
  /** Waits for the background. */
  settle(): Promise<void>;
  /** The newest checkpoint with none but finite values. Settle first. */
  lastGood(): GoodCheckpoint | null;
  /** Loads the newest whole checkpoint into the run. @throws FGKD_CHECKPOINT_MISMATCH unless forced */
  restore(run: Run, engine: UsedEngine, options?: RestoreOptions): Promise<Restored>;
  /** Writes the manifest; again whenever more is known. */
  writeManifest(run: Run, engine: UsedEngine, spent: SpentByStage): void;
  /** `null` when the run was interrupted before it had one. */
  readManifest(): Manifest | null;
  /** After somebody has taken the folder away: writes everything anew. False when only the lock was missing. */
  recover(run: Run, engine: UsedEngine, spent: SpentByStage): Promise<boolean>;
  /** Writes `models/<role>.safetensors` and `result.json`. */
  finish(run: Run): Promise<readonly StageResult[]>;
  /** Gives the folder free and ends the background. Settle first. */
  close(): Promise<void>;
}

/**
 * A new run folder, locked.
 *
 * @throws FGKD_PATH when the folder already holds a run, FGKD_RUN_LOCKED, FGKD_STORAGE
 */
export async function createRunFolder(path: string, request: RunRequest, run: Run): Promise<RunFolder> {
  const folder = folderAt(path, request);
  asStorage(path, () => mkdirSync(path, { recursive: true }));
  refuseOldRun(path);
  folder.lock();
  try {
    // Another process may have been here in between.
    refuseOldRun(path);
    writeConfig(path, request, run);
    return folder;
  } catch (error) {
    await folder.close();
    throw error;
  }
}

/** @throws FGKD_PATH when the folder holds a run */
export function refuseOldRun(path: string): void {
  if (existsSync(join(path, "config.json")))
    throw pathProblem(path, "already holds a run", `Continue it with --resume ${path}, or choose another --out.`);
}

/**
 * The folder of an earlier run. Not locked: reading needs no lock.
 *
 * @throws FGKD_PATH when it holds none
 */
export async function openRunFolder(path: string): Promise<RunFolder> {
  return folderAt(path, requestIn(readConfig(path)));
}

function folderAt(path: string, given: RunRequest): RunFolder {
  let request = given;
  const at = (...parts: string[]) => join(path, ...parts);
  const checkpoints = at("checkpoints");
  let lock: FolderLock | undefined;
  let writer: CheckpointWriter | undefined;
  let forced: readonly string[] = [];
  const writerFor = (run: Run) => {
    writer ??= createCheckpointWriter(checkpoints, run.config.run.checkpoints.keep);
    return writer;
  };
  const artifacts = artifactsIn(at("artifacts"), () => lock);
  const folder: RunFolder = {
    path,
    get request() {
      return request;
    },
    lock: () => {
      lock ??= lockFolder(path);
    },
    get holdsWork() {
      return holdsCheckpoint(checkpoints) || existsSync(at("result.json"));
    },
    get isThere() {
      return lock === undefined || lock.isThere;
    },
    get busy() {
      return writer?.busy ?? false;
    },
    artifacts,
    check: () => {
      writer?.check();
      artifacts.check();
    },
    settle: async () => writer?.settle(),
    recordEpoch: (summary) => asStorage(at("metrics.jsonl"), () => appendFileSync(at("metrics.jsonl"), line(summary))),
    checkpoint: async (run, spent, ended) => {
      lock?.check();
      const best = ended?.best ? ended.stage : undefined;
      await writerFor(run).write(packCheckpoint({ ...(await run.save()), spent }, best));
    },
    lastGood: () => lastGoodCheckpoint(checkpoints),
    restore: async (run, engine, { force = false, request: asked, grown, corrected, others } = {}) => {
      const then = readManifest(path);
      const config = readConfig(path);
      const hadStarted = holdsCheckpoint(checkpoints);
      // What may be corrected depends on how far the run has come.
      const early = corrected ? await readNewestCheckpoint(checkpoints, run.logger) : undefined;
      const found = differences(then, manifestOf(run, engine), config.resolved, run, {
        ...(grown && { grown }),
        hadStarted,
        ...(others && { others: others.differences }),
        ...(early !== undefined && { reasonAgainst: judgeOf(run, early, config) }),
      });
      forced = [...(then?.forced ?? []), ...found.differences];
      if (found.differences.length > 0) {
        if (!force) throw checkpointMismatch(path, found.differences, found.risks);
        run.logger.warn(`${path} goes on otherwise than it began: ${found.differences.join("; ")}.`);
      }
      for (const words of found.corrections) run.logger.info(`From here on: ${words}.`);
      for (const notice of [...found.notices, ...(others?.notices ?? [])]) run.logger.warn(notice);
      const state = early === undefined ? await readNewestCheckpoint(checkpoints, run.logger) : early;
      for (const words of otherWeights(run, state, config)) run.logger.warn(words);
      if (state) load(run, state, checkpoints);
      if (grown || corrected || found.differences.length > 0) {
        request = asked ?? request;
        writeConfig(path, request, run);
      }
      asStorage(path, () => cleanRun(path, state));
      // What was recorded after that checkpoint will be recorded again.
      writeText(at("metrics.jsonl"), run.history.map(line).join(""));
      const ended = existsSync(at("result.json")) && run.stages.every(({ stage }) => state?.stages[stage]?.finished);
      return { resumed: state !== null, spent: state?.spent ?? {}, ended };
    },
    writeManifest: (run, engine, spent) => writeManifest(path, manifestOf(run, engine, spent, forced)),
    readManifest: () => readManifest(path),
    recover: async (run, engine, spent) => {
      // Whoever removes the folder is to be done before it is made again.
      await setTimeout(500);
      lock?.release();
      lock = existsSync(at("config.json")) ? lockFolder(path) : undefined;
      if (lock) return false;
      await writer?.close();
      writer = undefined;
      asStorage(path, () => mkdirSync(path, { recursive: true }));
      lock = lockFolder(path);
      writeConfig(path, request, run);
      folder.writeManifest(run, engine, spent);
      writeText(at("metrics.jsonl"), run.history.map(line).join(""));
      await folder.checkpoint(run, spent);
      await folder.settle();
      return true;
    },
    finish: async (run) => {
      const results = summarize(run);
      asStorage(at("models"), () => mkdirSync(at("models"), { recursive: true }));
      for (const role of run.models.built)
        await exportModel(run, role, results, at("models", `${fileName(role)}.safetensors`));
      // Last: who finds a result finds the rest.
      writeJson(at("result.json"), { stages: results });
      return results;
    },
    close: async () => {
      await writer?.close();
      lock?.release();
    },
  };
  return folder;
}

/** @throws FGKD_WEIGHTS_MISMATCH when the checkpoint's models are not those of the run */
function load(run: Run, state: RunState, source: string): void {
  for (const [role, arrays] of Object.entries(state.models)) checkShapes(run, role, arrays, source);
  for (const [stage, { best }] of Object.entries(state.stages)) {
    const role = run.preset.stages[stage]?.trains;
    if (best?.weights && role !== undefined) checkShapes(run, role, best.weights, source);
  }
  run.load(state);
}

function checkShapes(run: Run, role: string, arrays: ReadonlyMap<string, NamedArray>, source: string): void {
  const { shapes } = modelOf(run.models, role).parameters;
  const wrong = [...arrays].flatMap(([name, { shape }]) => {
    const wanted = shapes.get(name);
    if (!wanted) return [`"${name}" is unexpected`];
    return String(wanted) === String(shape) ? [] : [`"${name}" is [${shape}], not [${wanted}]`];
  });
  const missing = [...shapes.keys()].filter((name) => !arrays.has(name)).map((name) => `"${name}" is missing`);
  if (wrong.length + missing.length > 0) throw weightsMismatch(role, source, [...wrong, ...missing]);
}

/** The model of one role alone, under public weight names, with what a reader needs to use it. */
async function exportModel(run: Run, role: string, results: readonly StageResult[], path: string): Promise<void> {
  const [owner = role] = role.split("@");
  const { backbone } = run.config.run.models[owner] ?? {};
  const about = { role, backbone, classes: run.classes, input: run.inputOf(owner), ...bestOf(role, results) };
  const metadata = { format: "pt", fgkd: JSON.stringify(about) };
  const tensors = await run.models.get(role).parameters.export();
  asStorage(path, () => writeAtomically(path, encodeSafetensors({ tensors, metadata })));
}

/** The epoch that a model's weights are of, where these are the best of the stage that trained it last. */
function bestOf(role: string, results: readonly StageResult[]): object {
  const last = results.findLast((result) => result.role === role && result.epochs > 0);
  return last?.exported === "best" ? { best: { stage: last.stage, split: last.split, ...last.chosen } } : {};
}

/** A role is a name the preset's author chose; a file name must not leave the folder. A view is `<role>-<view>`. */
function fileName(role: string): string {
  return role.replace("@", "-").replaceAll(/[^\w.-]/g, "_");
}

function line(summary: EpochSummary): string {
  return `${JSON.stringify(summary)}\n`;
}
