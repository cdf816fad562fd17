/** The models that a run leaves behind: one file a role, with what a reader needs to use it. */
import { existsSync } from "node:fs";
import type { StageState } from "../lifecycle/stage.js";
import type { Run } from "../run/run.js";
import type { RunState } from "../run/run-state.js";
import type { Permission } from "./atomic.js";
import { modelFile, writeModel } from "./model-file.js";
import { type StageResult, summarize } from "./result.js";

/**
 * Writes `models/<role>.safetensors`.
 *
 * @param roles which: roles that the run has built, or views of one, `student@ema`
 * @throws FGKD_STORAGE, and what `permission` throws
 */
export async function exportModels(
  path: string,
  run: Run,
  roles: readonly string[],
  permission: Permission,
): Promise<void> {
  const results = summarize(run);
  for (const role of roles) await exportModel(path, run, role, results, permission);
}

/** Those that a stage has trained: the model of its role, and views of it. */
export function trainedIn(run: Run, stage: string): readonly string[] {
  const role = run.preset.stages[stage]?.trains;
  return run.models.built.filter((name) => name.split("@")[0] === role);
}

/** Of stages that have ended, what is not there: the process ended in between, or was one of an earlier version. */
export function missingModels(path: string, run: Run, { stages }: RunState): readonly string[] {
  const under = (isWanted: (state: StageState) => boolean) =>
    Object.keys(stages).flatMap((stage) => (isWanted(stages[stage] as StageState) ? trainedIn(run, stage) : []));
  // What a later stage trains on is no more as its stage left it.
  const moving = under(({ finished, taken }) => !finished && taken > 0);
  const missing = under(({ finished }) => finished).filter(
    (role) => !moving.includes(role) && !existsSync(modelFile(path, role)),
  );
  return [...new Set(missing)];
}

/** The model of one role alone, under public weight names, with what a reader needs to use it. */
async function exportModel(
  path: string,
  run: Run,
  role: string,
  results: readonly StageResult[],
  permission: Permission,
): Promise<void> {
  const [owner = role] = role.split("@");
  const { backbone } = run.config.run.models[owner] ?? {};
  const about = { role, backbone, classes: run.classes, input: run.inputOf(owner), ...bestOf(role, results) };
  writeModel(modelFile(path, role), await run.models.get(role).parameters.export(), about, permission);
}

/** The epoch that a model's weights are of, where these are the best of the stage that trained it last. */
function bestOf(role: string, results: readonly StageResult[]): object {
  const last = results.findLast((result) => result.role === role && result.epochs > 0);
  return last?.exported === "best" ? { best: { stage: last.stage, split: last.split, ...last.chosen } } : {};
}
