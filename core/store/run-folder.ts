/** The folder a run leaves behind: manifest, config, metrics, result, checkpoints, models. */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { UsedEngine } from "../ops/engine.js";
import type { Run } from "../run/run.js";
import type { Artifacts } from "../values/artifacts.js";
import { checkpointMismatch, runWentOn } from "../values/errors.js";
import type { EpochSummary } from "../values/records.js";
import { artifactsIn } from "./artifacts.js";
import { appendText } from "./atomic.js";
import { type GoodCheckpoint, lastGoodCheckpoint, readNewestCheckpoint } from "./checkpoint.js";
import { candidates, checkpointFiles, newestFile } from "./checkpoint-files.js";
import { packCheckpoint } from "./checkpoint-format.js";
import { type CheckpointWriter, createCheckpointWriter } from "./checkpoint-writer.js";
import { cleanRun, cleanUnfinished } from "./clean.js";
import { judgeOf, otherWeights } from "./corrections.js";
import { exportModels, missingModels, trainedIn } from "./export.js";
import { loadState } from "./load-state.js";
import { type FolderLock, lockFolder } from "./lock.js";
import { differences, type Manifest, manifestOf, type SpentByStage } from "./manifest.js";
import { refuseUsedPlace } from "./place.js";
import { imagesOf, type StageResult, summarize } from "./result.js";
import { manifestText, type RunRequest, readConfig, readManifest, requestIn, writeConfig } from "./run-config.js";
import { newRunId, type RunId } from "./run-id.js";
import { asStorage, jsonText, writeText } from "./storage.js";
import { createTrace } from "./trace.js";

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
  /** Takes the folder for this process, until `close`, and takes away what is half written there. @throws FGKD_RUN_LOCKED */
  lock(): void;
  /** Whether there is a checkpoint, or a result: something to go on from. */
  readonly holdsWork: boolean;
  /** False when somebody has taken the folder, or its lock, away. Cheap: ask after every step. */
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
  /** Throws when somebody else has the folder, and what went wrong in the background, or with artifacts. */
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
  /**
   * After somebody has taken the folder away: writes everything anew. False when only the lock was missing, and everything
   * else is as this process left it: then a checkpoint is due.
   *
   * @throws FGKD_RUN_LOCKED when somebody went on with the run
   */
  recover(run: Run, engine: UsedEngine, spent: SpentByStage): Promise<boolean>;
  /** Writes `models/<role>.safetensors` for what a stage has trained. */
  exportStage(run: Run, stage: string): Promise<void>;
  /** Writes all `models/<role>.safetensors`, and `result.json`. */
  finish(run: Run): Promise<readonly StageResult[]>;
  /** Gives the folder free and ends the background. Settle first. */
  close(): Promise<void>;
}

/**
 * A new run folder, locked.
 *
 * @throws FGKD_PATH when the folder already holds a run, or what is left of one; FGKD_RUN_LOCKED, FGKD_STORAGE
 */
export async function createRunFolder(path: string, request: RunRequest, run: Run): Promise<RunFolder> {
  const { folder, begin } = folderAt(path, request, newRunId());
  asStorage(path, () => mkdirSync(path, { recursive: true }));
  refuseUsedPlace(path);
  folder.lock();
  try {
    // Another process may have been here in between.
    refuseUsedPlace(path);
    begin(run);
    return folder;
  } catch (error) {
    await folder.close();
    throw error;
  }
}

/**
 * The folder of an earlier run. Not locked: reading needs no lock.
 *
 * @throws FGKD_PATH when it holds none
 */
export async function openRunFolder(path: string): Promise<RunFolder> {
  const config = readConfig(path);
  return folderAt(path, requestIn(config), config.id).folder;
}

function folderAt(path: string, given: RunRequest, id: RunId) {
  let request = given;
  const at = (...parts: string[]) => join(path, ...parts);
  const checkpoints = at("checkpoints");
  let lock: FolderLock | undefined;
  let writer: CheckpointWriter | undefined;
  let forced: readonly string[] = [];
  /** The newest checkpoint that this process knows of. */
  let newest: string | null = null;
  const trace = createTrace(path);
  /** Asked before anything is written: a process that was stopped meanwhile may find somebody else at work. */
  const permission = () => lock?.check();
  const write = (file: string, text: string) => {
    writeText(at(file), text, permission);
    trace.wrote(file, text);
  };
  const writerFor = (run: Run) => {
    writer ??= createCheckpointWriter(checkpoints, run.config.run.checkpoints.keep, lock?.ticket);
    return writer;
  };
  const endWriter = async () => {
    newest = writer?.newest ?? newest;
    await writer?.close();
    writer = undefined;
  };
  const refuseOthersWork = () => {
    const changed = trace.changed();
    if (changed) throw runWentOn(path, `${changed} is not as this process left it`);
    const found = newestFile(checkpoints, id);
    if (found !== newest) throw runWentOn(path, `its newest checkpoint is ${found ?? "gone"}, not ${newest ?? "none"}`);
  };
  const artifacts = artifactsIn(at("artifacts"), () => lock);
  const folder: RunFolder = {
    path,
    get request() {
      return request;
    },
    lock: () => {
      if (lock) return;
      lock = lockFolder(path);
      asStorage(path, () => cleanUnfinished(path));
      newest = newestFile(checkpoints, id);
      trace.look();
    },
    get holdsWork() {
      return candidates(checkpoints, id).length > 0 || existsSync(at("result.json"));
    },
    get isThere() {
      return lock === undefined || lock.isThere;
    },
    get busy() {
      return writer?.busy ?? false;
    },
    artifacts,
    check: () => {
      permission();
      writer?.check();
      artifacts.check();
    },
    settle: async () => writer?.settle(),
    recordEpoch: (summary) => {
      asStorage(at("metrics.jsonl"), () => appendText(at("metrics.jsonl"), line(summary), permission));
      trace.added("metrics.jsonl", line(summary));
    },
    checkpoint: async (run, spent, ended) => {
      permission();
      const best = ended?.best ? ended.stage : undefined;
      const packed = packCheckpoint({ ...(await run.save()), spent }, best, id);
      // The best of a stage is kept under a name of its own: no later one may take its turn.
      if (best !== undefined) await writerFor(run).write(packed);
      else writerFor(run).offer(packed);
    },
    lastGood: () => lastGoodCheckpoint(checkpoints, id),
    restore: async (run, engine, { force = false, request: asked, grown, corrected, others } = {}) => {
      const then = readManifest(path);
      const config = readConfig(path);
      const hadStarted = candidates(checkpoints, id).length > 0;
      // What may be corrected depends on how far the run has come.
      const early = corrected ? await readNewestCheckpoint(checkpoints, run.logger, id) : undefined;
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
      const { length: strange } = checkpointFiles(checkpoints, id).others;
      if (strange > 0) run.logger.warn(`${checkpoints} holds ${strange} of another run, which are left as they are.`);
      const state = early === undefined ? await readNewestCheckpoint(checkpoints, run.logger, id) : early;
      for (const words of otherWeights(run, state, config)) run.logger.warn(words);
      if (state) loadState(run, state, checkpoints);
      permission();
      if (grown || corrected || found.differences.length > 0) {
        request = asked ?? request;
        writeConfig(path, request, run, id);
      }
      asStorage(path, () => cleanRun(path, state, id));
      trace.look();
      newest = newestFile(checkpoints, id);
      // What was recorded after that checkpoint will be recorded again.
      write("metrics.jsonl", run.history.map(line).join(""));
      if (state) await exportModels(path, run, missingModels(path, run, state), permission);
      const ended = existsSync(at("result.json")) && run.stages.every(({ stage }) => state?.stages[stage]?.finished);
      return { resumed: state !== null, spent: state?.spent ?? {}, ended };
    },
    writeManifest: (run, engine, spent) => write("manifest.json", manifestText(manifestOf(run, engine, spent, forced))),
    readManifest: () => readManifest(path),
    recover: async (run, engine, spent) => {
      // Whoever removes the folder is to be done before it is made again.
      await setTimeout(500);
      // What it was about to write is written, or refused for want of the lock: no fault of the disk.
      await writer?.settle().catch(() => undefined);
      await endWriter();
      lock?.release();
      if (existsSync(at("config.json"))) {
        refuseOthersWork();
        lock = lockFolder(path);
        // Somebody may have come and gone in between.
        refuseOthersWork();
        return false;
      }
      asStorage(path, () => mkdirSync(path, { recursive: true }));
      lock = lockFolder(path);
      writeConfig(path, request, run, id);
      folder.writeManifest(run, engine, spent);
      write("metrics.jsonl", run.history.map(line).join(""));
      trace.look();
      await folder.checkpoint(run, spent);
      await folder.settle();
      return true;
    },
    exportStage: (run, stage) => exportModels(path, run, trainedIn(run, stage), permission),
    finish: async (run) => {
      await exportModels(path, run, run.models.built, permission);
      const results = summarize(run);
      // Last: who finds a result finds the rest.
      write("result.json", jsonText({ stages: results, images: imagesOf(results, run), dataWait: run.dataWait }));
      return results;
    },
    close: async () => {
      await endWriter();
      lock?.release();
    },
  };
  /** In a folder that is locked. */
  const begin = (run: Run) => {
    writeConfig(path, request, run, id);
    trace.look();
  };
  return { folder, begin };
}

function line(summary: EpochSummary): string {
  return `${JSON.stringify(summary)}\n`;
}
