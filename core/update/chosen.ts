/** What moves a stage's weights: chosen before anything runs, and put to work when the stage is taken up. */
import type * as tf from "@tensorflow/tfjs";
import { classifierNames } from "../models/classifier.js";
import type { Model } from "../models/model.js";
import type { Choice, Optimizers, ParameterGroups, Schedules } from "../registries/entry.js";
import type { Registry } from "../registries/registry.js";
import { invalidConfig } from "../values/errors.js";
import type { Logger } from "../values/logger.js";
import { type ParameterGroup, shorthandGroups, type TrainedWeight, type Treatment, treat } from "./groups.js";
import { createOptimizer, type Optimizer, type OptimizerSettings } from "./optimizer.js";
import type { UpdateRule } from "./rule.js";
import { constantRate, type Schedule } from "./schedule.js";

/** What the settings of an optimiser stand for. */
export interface ChosenUpdate {
  readonly rule: UpdateRule;
  readonly schedule: Schedule;
  /** `setting`: which asks for it by name, and is told where no weight is meant. */
  readonly groups: readonly { readonly group: ParameterGroup; readonly setting?: string }[];
  readonly settings: OptimizerSettings;
}

/** Where the names in an optimiser's settings are looked up. */
export interface UpdateRegistries {
  readonly optimizers: Registry<Optimizers, UpdateRule>;
  readonly schedules: Registry<Schedules, Schedule>;
  readonly groups: Registry<ParameterGroups, ParameterGroup>;
}

/**
 * Chooses rule, schedule and groups; what every optimiser can be told is not among the options of one.
 *
 * @throws FGKD_UNKNOWN_NAME, FGKD_UNKNOWN_OPTION, FGKD_INVALID_OPTION
 */
export function chooseUpdate(
  settings: OptimizerSettings,
  { optimizers, schedules, groups }: UpdateRegistries,
): ChosenUpdate {
  const { learningRate, schedule, weightDecay, decayNormsAndBiases, newLayersFactor, freeze, clipNorm, ...own } =
    settings;
  const { groups: listed, ...rule } = own;
  const short = shorthandGroups(settings);
  const isBare = schedule.name === "constant" && Object.keys(schedule).length === 1;
  return {
    settings,
    // A registry says which names there are.
    rule: optimizers.choose(rule as Choice<Optimizers>),
    // A run whose plugins bring no schedule follows none.
    schedule: isBare && !schedules.names.includes("constant") ? constantRate : schedules.choose(schedule),
    groups: [...short, ...listed].map((line) => ({
      group: groups.choose(line as Choice<ParameterGroups>),
      ...(!short.includes(line) && { setting: `optimizer.groups › ${line.name}` }),
      ...(short.includes(line) && line.name === "freeze" && { setting: "optimizer.freeze" }),
    })),
  };
}

/** What a stage could train, and what is known of it. */
export interface Trainable {
  /** For messages. */
  readonly stage: string;
  readonly variables: ReadonlyMap<string, tf.Variable>;
  readonly model: Model;
  readonly logger: Logger;
  /** Whether no file of weights filled it. */
  isNew(name: string): boolean;
}

/** An optimiser, and what it moves. */
export interface WorkingUpdate {
  readonly optimizer: Optimizer;
  /** What gets a gradient in an epoch, by name: all that is not frozen in it. Batch norms keep their statistics accordingly. */
  trainedIn(epoch: number): ReadonlyMap<string, tf.Variable>;
}

/** Puts to work what was chosen. @throws FGKD_INVALID_CONFIG when every weight is frozen, be it for an epoch */
export function startUpdate({ rule, groups, settings }: ChosenUpdate, about: Trainable): WorkingUpdate {
  const { stage, variables, model, logger } = about;
  const { parameters } = model;
  const weights = weightsIn(model, variables, about.isNew);
  for (const { group, setting } of groups)
    if (setting && weights.every((weight) => changesNothing(group(weight))))
      logger.warn(`${stage}: ${setting} changes how no weight is trained.`);
  const rules = groups.map(({ group }) => group);
  const treatments = new Map(weights.map((weight) => [weight.name, treat(rules, weight)]));
  const among = (epoch: number) =>
    new Map([...variables].filter(([name]) => epoch >= (treatments.get(name)?.frozenEpochs ?? 0)));
  if (among(0).size === 0 && variables.size > 0)
    throw invalidConfig(`stage ${stage}`, "optimizer.groups freezes every weight", "Leave one free.");
  const trained = among(Number.MAX_SAFE_INTEGER);
  let now = { epoch: -1, trained };
  return {
    optimizer: createOptimizer(rule, settings, { trained }, (name) => treatments.get(name) ?? {}),
    trainedIn: (epoch) => {
      if (now.epoch !== epoch) now = { epoch, trained: among(epoch) };
      parameters.keepStatisticsOf((name) => epoch < (treatments.get(name)?.keptEpochs ?? 0));
      return now.trained;
    },
  };
}

/** What of these weights groups are told. @param variables the model's, and those of its stage's helpers */
export function weightsIn(
  model: Model,
  variables: ReadonlyMap<string, tf.Variable>,
  isNew: (name: string) => boolean,
): readonly TrainedWeight[] {
  const { depths, parameters } = model;
  const deepest = depths && Math.max(...depths.values());
  const [head, own] = [classifierNames(model), parameters.trained];
  return [...variables].map(([name, variable]) => {
    const depth = depths?.get(name);
    const known = { ...(depth !== undefined && { depth }), ...(deepest !== undefined && { deepest }) };
    return { name, variable, isNew: isNew(name), inHead: head.has(name) || !own.has(name), ...known };
  });
}

function changesNothing({ factor = 1, weightDecay = 1, frozen = false }: Treatment): boolean {
  return factor === 1 && weightDecay === 1 && !frozen;
}
