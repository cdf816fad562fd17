/** What a run is between two steps: what a checkpoint keeps of it. */
import type { RunningStage, StageState } from "../lifecycle/stage.js";
import type { ModelInput, Models } from "../models/model.js";
import type { Services } from "../registries/services.js";
import type { NamedArray } from "../values/named-array.js";
import type { EpochSummary } from "../values/records.js";

/** Everything that the rest of a run depends on, between two steps. */
export interface RunState {
  readonly stages: Readonly<Record<string, StageState>>;
  readonly models: Readonly<Record<string, ReadonlyMap<string, NamedArray>>>;
  /** By role: the input that its weights are for. */
  readonly inputs?: Readonly<Record<string, ModelInput>>;
  readonly random: Readonly<Record<string, readonly number[]>>;
  readonly history: readonly EpochSummary[];
  /** By stage: what it took so far, over all sittings. Told, never used. */
  readonly spent?: Readonly<Record<string, Spent>>;
}

/** Time and images that went into a stage. Work that an interruption undid does not count. */
export interface Spent {
  readonly seconds: number;
  readonly images: number;
}

/** Between two steps only. */
export async function saveRun(
  stages: ReadonlyMap<string, RunningStage>,
  models: Models,
  services: Services,
  history: readonly EpochSummary[],
): Promise<RunState> {
  const exported = models.built.map(async (role) => [role, await models.get(role).parameters.export()] as const);
  const saved = [...stages].map(async ([name, stage]) => [name, await stage.save()] as const);
  return {
    stages: Object.fromEntries(await Promise.all(saved)),
    models: Object.fromEntries(await Promise.all(exported)),
    // Every model of a run has its input.
    inputs: Object.fromEntries(models.built.map((role) => [role, models.get(role).input as ModelInput])),
    random: services.random.save(),
    history: [...history],
  };
}
