/** The model of a role that a run has trained, for another run to begin with: exported, or still in a checkpoint. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { RunState } from "../run/run-state.js";
import { pathProblem, unknownName } from "../values/errors.js";
import type { Logger } from "../values/logger.js";
import { shellWord } from "../values/words.js";
import { readNewestCheckpoint } from "./checkpoint.js";
import { checkpointName, stepsTaken } from "./checkpoint-format.js";
import { modelFile, writeModel } from "./model-file.js";
import { type RunConfig, readConfig, readManifest } from "./run-config.js";

/** Where a trained model is to be found. */
export interface TrainedModel {
  /** A safetensors file; of a run that goes on still, once `keep` has written it. */
  readonly file: string;
  /** Takes the model out of the checkpoint, which the run will remove one day, and says of which epoch it is. */
  keep(): void;
}

/**
 * The model of a role, or the only one of the run, whatever its role. With the averaged weights where the run's own tests saw
 * these.
 *
 * @param path of the run folder
 * @throws FGKD_UNKNOWN_NAME when the run has several others, FGKD_PATH when it has trained none yet, FGKD_CORRUPT_FILE
 */
export async function findTrainedModel(path: string, wanted: string, logger: Logger): Promise<TrainedModel> {
  const config = readConfig(path);
  const { models = {} } = config.resolved.run as { readonly models?: Readonly<Record<string, unknown>> };
  const [only, ...more] = Object.keys(models);
  const role = Object.hasOwn(models, wanted) || more.length > 0 ? wanted : (only ?? wanted);
  if (!Object.hasOwn(models, role)) throw unknownName("model role", role, Object.keys(models));
  const views = viewsIn(config).map((view) => `${role}@${view}`);
  for (const model of [...views, role]) {
    const file = modelFile(path, model);
    if (existsSync(file)) return { file, keep: () => {} };
  }
  const state = await readNewestCheckpoint(join(path, "checkpoints"), logger, config.id);
  const model = views.find((view) => state && Object.hasOwn(state.models, view)) ?? role;
  const tensors = state?.models[model];
  if (!tensors)
    throw pathProblem(
      path,
      `has trained no ${role} yet`,
      `Train it first: --resume ${shellWord(path)}, or name a file of weights.`,
    );
  // Two checkpoints of one run have two names.
  const file = modelFile(path, model, checkpointName(state));
  const keep = () => {
    const input = state.inputs?.[role];
    writeModel(file, tensors, { ...about(path, config, role), ...(input && { input }) });
    logger.info(`${role} of ${path}, which has not ended: ${placeOf(state)}, kept as ${file}`);
  };
  return { file, keep };
}

/** The views that the stages of a run test. */
function viewsIn({ resolved }: RunConfig): readonly string[] {
  const settings = Object.values(resolved.stages) as readonly { readonly evaluation?: { readonly weights?: string } }[];
  return [...new Set(settings.map(({ evaluation }) => evaluation?.weights ?? "raw"))].filter((view) => view !== "raw");
}

/** What a reader needs to use it, as far as a checkpoint tells. */
function about(path: string, { resolved }: RunConfig, role: string): object {
  const { models } = resolved.run as { readonly models: Readonly<Record<string, { readonly backbone?: unknown }>> };
  return { role, backbone: models[role]?.backbone, classes: readManifest(path)?.classes };
}

function placeOf(state: RunState): string {
  const last = state.history.at(-1);
  return `${last ? `epoch ${last.epoch + 1} of stage "${last.stage}"` : "before its first epoch ended"}, after ${stepsTaken(state)} steps`;
}
