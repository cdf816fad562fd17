/** Which models of a run `fgkd eval` tests, and the files that the run keeps them in. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import {
  isNamed,
  type Preset,
  pathProblem,
  presetLayers,
  resolveConfig,
  shellWord,
  teacherRole,
  unknownName,
} from "../index.js";
import type { ChosenRun } from "./choose-run.js";

type Composed = Pick<ChosenRun, "preset" | "layers">;

/** A model of a run. */
export interface KeptModel {
  readonly role: string;
  /** As its file is called, without the ending: `student-ema` is another than `student`. */
  readonly name: string;
  readonly file: string;
}

/** What was given in place of a run: its folder, or a file under its `models/`. */
export interface EvalPlace {
  readonly folder: string;
  /** Of the file, without the ending. */
  readonly model?: string;
}

/** @throws FGKD_PATH for a file of weights that is no run's */
export function evalPlace(place: string, cwd: string): EvalPlace {
  const path = resolve(cwd, place);
  if (!path.endsWith(".safetensors")) return { folder: path };
  const folder = dirname(dirname(path));
  if (basename(dirname(path)) !== "models" || !existsSync(join(folder, "config.json")))
    throw pathProblem(place, "is not a model that a run keeps", "Give a run folder, or a file in its models/.");
  return { folder, model: basename(path, ".safetensors") };
}

/**
 * @param asked roles, or views of some (`student@ema`), with commas between them
 * @throws FGKD_PATH, FGKD_UNKNOWN_NAME for one that the run does not keep
 */
export async function modelsToTest(
  { folder, model }: EvalPlace,
  asked: string | undefined,
  composed: Composed,
): Promise<readonly KeptModel[]> {
  if (model !== undefined) return [await keptModel(folder, roleOf(model, composed), model)];
  const names = asked?.split(",") ?? usualRoles(composed.preset);
  return Promise.all(names.map((name) => keptModel(folder, name.split("@")[0] as string, exportedAs(name, composed))));
}

/** The teacher that the run keeps; `undefined` where it has none, or where it is tested itself. */
export async function teacherOf(
  { folder }: EvalPlace,
  tested: readonly KeptModel[],
  composed: Composed,
): Promise<KeptModel | undefined> {
  const role = composed.preset.teacher ?? teacherRole;
  if (!rolesOf(composed).includes(role) || tested.some((one) => one.role === role)) return undefined;
  const name = exportedAs(role, composed);
  return existsSync(join(folder, "models", `${name}.safetensors`)) ? keptModel(folder, role, name) : undefined;
}

/** What is not tested needs nothing from elsewhere. */
export function withoutWeights({ preset, layers }: Composed) {
  const { run } = resolveConfig(Object.keys(preset.stages), [...presetLayers(preset), ...layers]);
  const named = Object.entries(run.models).filter(([, { weights }]) => weights && isNamed(weights));
  return Object.fromEntries(named.map(([role]) => [role, { weights: null }]));
}

/** The student, or, where none is trained, all that are: an ensemble. */
function usualRoles({ stages }: Preset): readonly string[] {
  const trained = [...new Set(Object.values(stages).map(({ trains }) => trains))];
  return trained.includes("student") ? ["student"] : trained;
}

function rolesOf({ preset, layers }: Composed): readonly string[] {
  return Object.keys(resolveConfig(Object.keys(preset.stages), [...presetLayers(preset), ...layers]).run.models);
}

/** Whose file it is: `student-ema` is the student's where no role has that name. */
function roleOf(model: string, composed: Composed): string {
  const known = rolesOf(composed).filter((role) => model === role || model.startsWith(`${role}-`));
  return known.sort((a, b) => b.length - a.length)[0] ?? model;
}

/**
 * What the file of a role is called, or of a view of it: `student@ema`. Without a word on that, the weights that the run's own
 * tests saw.
 */
function exportedAs(name: string, { preset, layers }: Composed): string {
  const [role = name, given] = name.split("@");
  const { stages } = resolveConfig(Object.keys(preset.stages), [...presetLayers(preset), ...layers]);
  const trained = Object.entries(preset.stages).findLast(([, { trains }]) => trains === role)?.[0];
  const view = given ?? (trained === undefined ? "raw" : stages[trained]?.evaluation.weights) ?? "raw";
  return view === "raw" ? role : `${role}-${view}`;
}

/** Where a run keeps a model. @throws FGKD_PATH when it keeps none, FGKD_UNKNOWN_NAME when it keeps others */
async function keptModel(path: string, role: string, name: string): Promise<KeptModel> {
  const models = join(path, "models");
  const files = await readdir(models).catch(() => [] as string[]);
  if (files.includes(`${name}.safetensors`)) return { role, name, file: join(models, `${name}.safetensors`) };
  const known = files.map((file) => file.replace(/\.safetensors$/, ""));
  // While a run goes on it holds the models of the stages that have ended.
  const ended = existsSync(join(path, "result.json"));
  if (known.length > 0 && ended) throw unknownName("model role", name, known, "Name one of them with --role.");
  if (known.length > 0)
    throw pathProblem(
      models,
      `holds ${known.join(", ")}, and no ${name} yet; the run has not ended`,
      `Finish it with --resume ${shellWord(path)}, or name another with --role.`,
    );
  throw pathProblem(models, "holds no model; the run has not ended", `Finish it with --resume ${shellWord(path)}.`);
}
