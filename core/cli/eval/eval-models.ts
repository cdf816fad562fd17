/** Which models of a run `fgkd eval` tests, beside which teacher. */
import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import {
  type FoundModel,
  findModels,
  isNamed,
  pathProblem,
  presetLayers,
  resolveConfig,
  teacherRole,
} from "../../index.js";
import type { ChosenRun } from "../train/choose-run.js";

type Composed = Pick<ChosenRun, "preset" | "layers">;

/** What was given in place of a run: its folder, or a file under its `models/`. */
export interface EvalPlace {
  readonly folder: string;
  readonly file?: string;
}

/** @throws FGKD_PATH for a file of weights that is no run's */
export function evalPlace(place: string, cwd: string): EvalPlace {
  const path = resolve(cwd, place);
  if (!path.endsWith(".safetensors")) return { folder: path };
  const folder = dirname(dirname(path));
  if (basename(dirname(path)) !== "models" || !existsSync(join(folder, "config.json")))
    throw pathProblem(place, "is not a model that a run keeps", "Give a run folder, or a file in its models/.");
  return { folder, file: path };
}

/**
 * @param asked roles, or views of some (`student@ema`), with commas between them
 * @throws FGKD_PATH, FGKD_UNKNOWN_NAME for one that the run does not keep
 */
export function modelsToTest({ folder, file }: EvalPlace, asked: string | undefined): readonly FoundModel[] {
  if (file === undefined) return findModels(folder, asked?.split(","));
  // Who mistypes a name is told those that there are.
  return existsSync(file) ? findModels(file) : findModels(folder, [basename(file, ".safetensors")]);
}

/** The teacher that the run keeps; `undefined` where it has none, or where it is tested itself. */
export function teacherOf(
  { folder }: EvalPlace,
  tested: readonly FoundModel[],
  { preset }: Composed,
): FoundModel | undefined {
  const role = preset.teacher ?? teacherRole;
  if (tested.some((one) => one.role === role)) return undefined;
  try {
    return findModels(folder, [role])[0];
  } catch {
    // Frozen from elsewhere, or not trained yet.
    return undefined;
  }
}

/** What is not tested needs nothing from elsewhere. */
export function withoutWeights({ preset, layers }: Composed) {
  const { run } = resolveConfig(Object.keys(preset.stages), [...presetLayers(preset), ...layers]);
  const named = Object.entries(run.models).filter(([, { weights }]) => weights && isNamed(weights));
  return Object.fromEntries(named.map(([role]) => [role, { weights: null }]));
}
