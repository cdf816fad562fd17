/** The images that `fgkd eval RUN --data FOLDER` is given: all of them are tested, and those that were trained on are told. */
import { existsSync, realpathSync } from "node:fs";
import {
  countIn,
  type Logger,
  type Preset,
  presetLayers,
  resolveConfig,
  type SettingsLayer,
  type Source,
} from "../../index.js";
import type { EvalArguments } from "../arguments.js";
import { dataPlaces } from "../data/data-places.js";
import { dataLayer } from "../settings/layers.js";

/**
 * A folder of class folders is tested whole: nobody trains on it here, so nothing is kept back for that. Where it has a test
 * split of its own, that counts. Another split that was asked for is drawn as the run would draw it.
 */
export function evalDataLayers({ data, split = "test" }: EvalArguments, cwd: string): readonly SettingsLayer[] {
  if (data === undefined) return [];
  // What the run said of drawing splits from its own folder means nothing here.
  return [dataLayer(data, cwd, split === "test" ? { testAll: true, validation: null } : {})];
}

/** Says so where the folder is the run's own, without a test split: what was trained on is tested then, too. */
export function tellTrainedOn(
  { data }: EvalArguments,
  { preset, layers }: { readonly preset: Preset; readonly layers: readonly SettingsLayer[] },
  source: Source,
  cwd: string,
  logger: Logger,
): void {
  if (data === undefined || countIn(source, "train") > 0) return;
  const { stages } = resolveConfig(Object.keys(preset.stages), [...presetLayers(preset), ...layers]);
  const own = Object.values(stages).map((stage) => (stage.data as { readonly path?: unknown } | null)?.path);
  const given = dataPlaces(data, cwd).map(({ path }) => realPath(path));
  if (own.some((path) => typeof path === "string" && given.includes(realPath(path))))
    logger.warn(`The run was trained on images of ${data}: leave --data out to test on its test split alone.`);
}

function realPath(path: string): string {
  return existsSync(path) ? realpathSync(path) : path;
}
