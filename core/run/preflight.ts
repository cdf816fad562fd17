/** What a later stage would fail at is told before an earlier one has worked for it. */
import type { ResolvedConfig, Settings } from "../config/config.js";
import type { Source } from "../data/source.js";
import { weighsNothing } from "../lifecycle/lists.js";
import type { ComposedTraining } from "../lifecycle/training.js";
import { inputInWeights } from "../models/about-weights.js";
import type { Model, Role } from "../models/model.js";
import type { Foreseen } from "../registries/entry.js";
import { type ChosenUpdate, weightsIn } from "../update/chosen.js";
import { invalidConfig, unknownName } from "../values/errors.js";
import type { Logger } from "../values/logger.js";
import { createRandom, type Random, type RandomStreams } from "../values/random.js";
import { checkSides } from "./inputs.js";
import { createModels, type ModelFactory } from "./models.js";
import type { Preset } from "./preset.js";
import type { WeightsFile } from "./weights-files.js";

/** Work that leaves no trace in its run: it draws numbers that nobody keeps, and says nothing. */
export interface Aside {
  streams(streams: RandomStreams): RandomStreams;
  logger(logger: Logger): Logger;
  /** Does the work, at once. */
  during<T>(work: () => T): T;
}

export function createAside(): Aside {
  let isAside = false;
  return {
    streams: (streams) => ({
      ...streams,
      stream: (purpose) => (isAside ? cheapRandom() : streams.stream(purpose)),
    }),
    logger: (logger) => ({
      info: (text) => (isAside ? undefined : logger.info(text)),
      warn: (text) => (isAside ? undefined : logger.warn(text)),
    }),
    during: (work) => {
      isAside = true;
      try {
        return work();
      } finally {
        isAside = false;
      }
    },
  };
}

/** A hundred million weights are drawn in seconds, a thousand of them in no time. */
function cheapRandom(): Random {
  const random = createRandom("aside");
  const few = random.normals(1024);
  const normals = (length: number) => {
    const values = new Float32Array(length);
    for (let at = 0; at < length; at += few.length) values.set(few.subarray(0, length - at), at);
    return values;
  };
  return { ...random, normals };
}

/** The part of a run that is looked at. */
export interface CheckedRun {
  readonly preset: Preset;
  readonly config: ResolvedConfig;
  readonly trainings: readonly ComposedTraining[];
  readonly updates: ReadonlyMap<ComposedTraining, ChosenUpdate>;
  readonly aside: Aside;
  readonly factory: ModelFactory;
}

/** A file of weights that is not there, or is none, is told before thousands of images are looked at. @throws FGKD_PATH, FGKD_CORRUPT_FILE */
export function checkHeaders(files: Iterable<WeightsFile>): void {
  for (const { file } of files) inputInWeights(file);
}

/**
 * Looks at every stage's data, and makes every role's network once, with its weights.
 *
 * @throws FGKD_INVALID_CONFIG, FGKD_INVALID_OPTION, FGKD_UNKNOWN_NAME, and as `loadWeights` does
 */
export function preflight(run: CheckedRun, sourceOf: (stage: string) => Source): void {
  for (const { stage, config } of run.trainings) checkBatches(stage, config, sourceOf(stage));
  const seen = new Set<string>();
  const maps = new Map<Role, Pick<Model, "maps">>();
  for (const [role, settings] of Object.entries(run.config.run.models)) {
    const stages = run.trainings.filter((training) => isIn(training, role));
    // A model of which no stage speaks is made by whoever asks for it, if anybody does.
    if (stages.length === 0 && !settings.weights) continue;
    // Members of an ensemble are made alike: one of them is enough.
    const wishes = stages.map(({ wanted, config: { optimizer, input } }) => [wanted, optimizer, input]);
    const key = JSON.stringify([settings, wishes]);
    if (seen.has(key)) continue;
    seen.add(key);
    make(run, role, (model) => {
      maps.set(role, { maps: model.maps ?? [] });
      for (const training of stages) checkModel(run, training, role, model);
    });
  }
  foresee(run, (role) => maps.get(role));
}

/** What entries say of the models, told stage by stage. @throws what they refuse */
function foresee({ trainings, factory }: CheckedRun, models: Foreseen): void {
  for (const training of trainings)
    for (const entry of training.chosen.filter((one) => !weighsNothing(one))) {
      const { list, name, options } = entry;
      const words = training[list].look({ name, ...options }).foresee(models);
      if (words !== undefined) factory.logger?.info(`stage "${training.stage}": ${words}`);
    }
}

function isIn(training: ComposedTraining, role: Role): boolean {
  const { chosen } = training;
  const needed = chosen.flatMap(
    ({ list, name, options }) => training[list].look({ name, ...options }).needs.models ?? [],
  );
  return training.role === role || needed.includes(role);
}

/** A stage with no whole batch would not come to its first step. */
function checkBatches(stage: string, { epochs, batchSize }: Settings, source: Source): void {
  if (epochs === 0 || source.batchCount({ split: "train", mode: "train", batchSize }) > 0) return;
  const problem = `its batchSize is ${batchSize}, and it has ${source.count("train")} images to train on`;
  throw invalidConfig(`stage "${stage}"`, problem, "Lower the batch size, or add images.");
}

/** Makes a role's model as the run will, looks at it, and frees it. */
function make({ aside, factory, config }: CheckedRun, role: Role, look: (model: Model) => void): void {
  const made: Model[] = [];
  const create: ModelFactory["create"] = (...given) => {
    const model = factory.create(...given);
    made.push(model);
    return model;
  };
  try {
    aside.during(() => look(createModels(config.run.models, { ...factory, create }).get(role)));
  } finally {
    for (const { parameters } of made) parameters.dispose();
  }
}

function checkModel({ preset, updates }: CheckedRun, training: ComposedTraining, role: Role, model: Model): void {
  const { stage, config, wanted } = training;
  const makesItsOwn = preset.stages[stage]?.data === "none";
  if (!makesItsOwn && !model.makes) checkSides(role, model.input ?? {}, stage, config.input.crop);
  if (training.role !== role) return;
  const maps = model.maps?.map(({ name }) => name);
  for (const name of wanted.maps ?? []) if (maps && !maps.includes(name)) throw unknownName("map", name, maps);
  const weights = weightsIn(model, model.parameters.trained, () => true);
  for (const { group } of updates.get(training)?.groups ?? []) for (const weight of weights) group(weight);
}
