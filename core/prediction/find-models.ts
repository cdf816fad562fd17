/** The models that somebody means by a path: those of a run, the only one in a file. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { openTensorFile } from "../formats/open-tensor-file.js";
import { aboutWeights } from "../models/about-weights.js";
import { modelFile } from "../store/model-file.js";
import { readConfig } from "../store/run-config.js";
import { pathProblem, unknownName } from "../values/errors.js";
import { checkName } from "../values/names.js";
import { isRecord } from "../values/unknown.js";
import { shellWord } from "../values/words.js";
import { readEndedStages } from "./run-result.js";

/** A model in a file of its own. */
export interface FoundModel {
  readonly role: string;
  /** What a run calls its file: `student`, or `student-ema` for a view of it. */
  readonly name: string;
  /** Safetensors, as a run exports it. */
  readonly file: string;
  /** Of the run that it lies in, what the last stage that trained it was told; as `config.json` has it. */
  readonly stage?: Readonly<Record<string, unknown>>;
  /** The settings of that run. */
  readonly run?: Readonly<Record<string, unknown>>;
}

/**
 * A file is one model. Of a run folder they are those that are asked for, or the student, or, where none is trained, all that are:
 * an ensemble. Of each, the weights that the run's own tests saw (`evaluation.weights`), unless the name says which: `student@raw`,
 * `student@ema`.
 *
 * @param path of a file that a run has exported, of a run folder, or of a folder with nothing but the `models/` of one
 * @param asked roles, or views of them
 * @returns one at least
 * @throws FGKD_UNKNOWN_NAME when a run has ended without such a model; FGKD_PATH when it has none yet, and when nothing is there;
 *   FGKD_CORRUPT_FILE
 */
export function findModels(path: string, asked?: readonly string[]): readonly FoundModel[] {
  const kind = statSync(path, { throwIfNoEntry: false });
  if (kind?.isDirectory()) {
    const run = runAt(path);
    const names = asked ?? usualRoles(run.trained);
    if (names.length === 0) throw noModel(path);
    return names.map((name) => ofRun(run, name));
  }
  if (!kind)
    throw pathProblem(path, "there is no such file or folder", "Give the folder of a run, or a file of its models/.");
  const { role, name } = namedIn(path);
  const folder = dirname(dirname(path));
  const lies = basename(dirname(path)) === "models" && existsSync(join(folder, "config.json"));
  return [{ role, name, file: path, ...(lies && about(runAt(folder), role)) }];
}

/** What a run folder says of its models. */
interface RunModels {
  readonly path: string;
  /** Roles; while the run goes on, all that it has. */
  readonly trained: readonly string[];
  readonly hasEnded: boolean;
  /** The last stage that trained a role, where that is known. */
  stageOf(role: string): Readonly<Record<string, unknown>> | undefined;
  readonly stages: readonly Readonly<Record<string, unknown>>[];
  readonly settings?: Readonly<Record<string, unknown>>;
}

function runAt(path: string): RunModels {
  // Somebody may have copied no more of a run than its models.
  if (!existsSync(join(path, "config.json")) && existsSync(join(path, "models"))) {
    const names = namesIn(path);
    const trained = names.filter((name) => !names.some((role) => name.startsWith(`${role}-`)));
    return { path, trained, hasEnded: true, stageOf: () => undefined, stages: [] };
  }
  const { resolved } = readConfig(path);
  const settings = resolved.run as Readonly<Record<string, unknown>>;
  const ended = readEndedStages(path);
  const trained = [
    ...new Set(ended?.map(({ role }) => role) ?? Object.keys(isRecord(settings.models) ? settings.models : {})),
  ];
  const stageOf = (role: string) => {
    const last = ended?.findLast((stage) => stage.role === role)?.stage;
    return last !== undefined && Object.hasOwn(resolved.stages, last) ? resolved.stages[last] : undefined;
  };
  return { path, trained, hasEnded: ended !== undefined, stageOf, stages: Object.values(resolved.stages), settings };
}

function usualRoles(trained: readonly string[]): readonly string[] {
  return trained.includes("student") ? ["student"] : trained;
}

function ofRun(run: RunModels, asked: string): FoundModel {
  const [role = asked, given] = asked.split("@");
  const view = given ?? usualView(run, role);
  const name = view === "raw" ? role : `${role}-${view}`;
  const there = namesIn(run.path);
  if (there.includes(name)) return { role, name, file: modelFile(run.path, name), ...about(run, role) };
  if (there.length === 0) throw noModel(run.path);
  // While a run goes on it holds the models of the stages that have ended.
  if (run.hasEnded) throw unknownName("model role", name, there, "Name one of them with --role.");
  throw pathProblem(
    join(run.path, "models"),
    `holds ${there.join(", ")}, and no ${name} yet; the run has not ended`,
    `Finish it with --resume ${shellWord(run.path)}, or name another with --role.`,
  );
}

/** The weights that the tests of its stage saw; where that is not known yet, of any stage's the first that are there. */
function usualView({ path, stageOf, stages }: RunModels, role: string): string {
  const viewOf = ({ evaluation }: Readonly<Record<string, unknown>>) =>
    isRecord(evaluation) && typeof evaluation.weights === "string" ? evaluation.weights : "raw";
  const stage = stageOf(role);
  if (stage) return viewOf(stage);
  return stages.map(viewOf).find((view) => view !== "raw" && existsSync(modelFile(path, `${role}@${view}`))) ?? "raw";
}

function about({ stageOf, settings }: RunModels, role: string): Pick<FoundModel, "stage" | "run"> {
  const stage = stageOf(role);
  return { ...(stage && { stage }), ...(settings && { run: settings }) };
}

function namesIn(run: string): readonly string[] {
  const files = existsSync(join(run, "models")) ? readdirSync(join(run, "models")) : [];
  return files
    .filter((file) => file.endsWith(".safetensors"))
    .map((file) => file.replace(/\.safetensors$/, ""))
    .sort();
}

function noModel(run: string): Error {
  return pathProblem(
    join(run, "models"),
    "holds no model; the run has not ended",
    `Finish it with --resume ${shellWord(run)}.`,
  );
}

/** The role that a file names itself. */
function namedIn(file: string): Pick<FoundModel, "role" | "name"> {
  const { role: said } = aboutWeights(openTensorFile(file).metadata);
  const whole = typeof said === "string" ? said : "model";
  const [role, name] = [whole.split("@")[0] as string, whole.replace("@", "-")];
  for (const each of [role, name]) checkName("model role", each);
  return { role, name };
}
