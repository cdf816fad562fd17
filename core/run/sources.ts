/** The data of a run's stages, and the names of its classes. */
import type { ResolvedConfig } from "../config/config.js";
import { withoutImages } from "../data/own-images.js";
import { prepareSource } from "../data/prepared.js";
import type { Source } from "../data/source.js";
import { type WatchedSource, watchSource } from "../data/waiting.js";
import type { ComposedTraining } from "../lifecycle/training.js";
import { classesInWeights } from "../models/about-weights.js";
import { invalidConfig, noData } from "../values/errors.js";
import type { Preset } from "./preset.js";
import type { WeightsFile } from "./weights-files.js";

export interface RunSources {
  readonly byStage: ReadonlyMap<string, Source>;
  /** By stage: the share of its time that it waited for data; without those that never asked for any. */
  waits(): Readonly<Record<string, number>>;
  /** Those that are open, each once. */
  readonly open: readonly Source[];
}

/**
 * Stages with equal choices share one source.
 *
 * @param seen what a stage sees of its own
 */
export async function openSources(
  preset: Preset,
  trainings: readonly ComposedTraining[],
  seen: (source: Source, stage: string) => Source = (source) => source,
): Promise<RunSources> {
  const open = new Map<string, Source>();
  const byStage = new Map<string, WatchedSource>();
  for (const { stage, config, sources, transforms } of trainings) {
    const makesItsOwn = preset.stages[stage]?.data === "none";
    if (!config.data && !makesItsOwn) throw noData(stage);
    const key = JSON.stringify(config.data);
    const inputs = trainings
      .filter(({ config: { data } }) => JSON.stringify(data) === key)
      .map((one) => one.config.input);
    const source =
      config.data && (open.get(key) ?? prepareSource(await sources.choose(config.data).open(inputs), transforms));
    if (source) open.set(key, source);
    const own = makesItsOwn ? withoutImages(source, config) : (source as Source);
    byStage.set(stage, watchSource(seen(own, stage)));
  }
  const each = [...byStage];
  return {
    byStage: new Map(each.map(([stage, { source }]) => [stage, source])),
    waits: () => Object.fromEntries(each.flatMap(([stage, { share }]) => named(stage, share()))),
    open: [...open.values()],
  };
}

/** To four digits: what a clock says of a thousand steps is worth no more. */
function named(stage: string, share: number | null): readonly (readonly [string, number])[] {
  return share === null ? [] : [[stage, Number(share.toFixed(4))]];
}

/** Where no data names the classes, a model's file may. */
export function classesOf(files: Iterable<WeightsFile>): readonly string[] {
  for (const { file } of files) {
    const classes = classesInWeights(file);
    if (classes) return classes;
  }
  return [];
}

/** Two stages that are given the same batches must want the same. @throws FGKD_INVALID_CONFIG */
export function checkSharedBatches(preset: Preset, { stages }: Pick<ResolvedConfig, "stages">): void {
  for (const [stage, { batchesOf }] of Object.entries(preset.stages)) {
    if (batchesOf === undefined) continue;
    const other = (["data", "input", "batchSize", "stepsPerEpoch"] as const).find(
      (key) => JSON.stringify(stages[stage]?.[key]) !== JSON.stringify(stages[batchesOf]?.[key]),
    );
    if (other)
      throw invalidConfig(
        `stage "${stage}"`,
        `it is to have the batches of stage "${batchesOf}", but its ${other} differs`,
        `Set ${other} for both stages alike.`,
      );
  }
}
