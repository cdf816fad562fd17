/** What moves a stage's weights: chosen before anything runs, and put to work when the stage is taken up. */
import type * as tf from "@tensorflow/tfjs";
import type { Choice, Optimizers, ParameterGroups, Schedules } from "../registries/entry.js";
import type { Registry } from "../registries/registry.js";
import { invalidConfig } from "../values/errors.js";
import type { Logger } from "../values/logger.js";
import { type ParameterGroup, shorthandGroups, type TrainedWeight, type Treatment, treat } from "./groups.js";
import { createOptimizer, type Optimizer, type OptimizerSettings, type UpdateRule } from "./optimizer.js";
import { constantRate, type Schedule } from "./schedule.js";

/** What the settings of an optimiser stand for. */
export interface ChosenUpdate {
  readonly rule: UpdateRule;
  readonly schedule: Schedule;
  /** `isListed`: in `optimizer.groups`, not by the settings that are short for one. */
  readonly groups: readonly { readonly name: string; readonly group: ParameterGroup; readonly isListed: boolean }[];
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
  const { learningRate, schedule, weightDecay, decayNormsAndBiases, newLayersFactor, clipNorm, ...own } = settings;
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
      name: line.name,
      group: groups.choose(line as Choice<ParameterGroups>),
      isListed: !short.includes(line),
    })),
  };
}

/** What a stage could train, and what is known of it. */
export interface Trainable {
  /** For messages. */
  readonly stage: string;
  readonly variables: ReadonlyMap<string, tf.Variable>;
  readonly depths?: ReadonlyMap<string, number> | undefined;
  readonly logger: Logger;
  /** Whether no file of weights filled it. */
  isNew(name: string): boolean;
}

/** An optimiser, and what it moves. */
export interface WorkingUpdate {
  readonly optimizer: Optimizer;
  /** What gets a gradient, by name: all that is not frozen. */
  readonly trained: ReadonlyMap<string, tf.Variable>;
}

/** Puts to work what was chosen. @throws FGKD_INVALID_CONFIG when every weight is frozen */
export function startUpdate({ rule, groups, settings }: ChosenUpdate, about: Trainable): WorkingUpdate {
  const { stage, variables, depths, logger } = about;
  const deepest = depths && Math.max(...depths.values());
  const weights = [...variables].map(([name, variable]): TrainedWeight => {
    const depth = depths?.get(name);
    const known = { ...(depth !== undefined && { depth }), ...(deepest !== undefined && { deepest }) };
    return { name, variable, isNew: about.isNew(name), ...known };
  });
  for (const { name, group, isListed } of groups)
    if (isListed && weights.every((weight) => changesNothing(group(weight))))
      logger.warn(`${stage}: optimizer.groups › ${name} changes how no weight is trained.`);
  const rules = groups.map(({ group }) => group);
  const treatments = new Map(weights.map((weight) => [weight.name, treat(rules, weight)]));
  const trained = new Map([...variables].filter(([name]) => !treatments.get(name)?.frozen));
  if (trained.size === 0 && variables.size > 0)
    throw invalidConfig(`stage ${stage}`, "optimizer.groups freezes every weight", "Leave one free.");
  return { optimizer: createOptimizer(rule, settings, { trained }, (name) => treatments.get(name) ?? {}), trained };
}

function changesNothing({ factor = 1, weightDecay = 1, frozen = false }: Treatment): boolean {
  return factor === 1 && weightDecay === 1 && !frozen;
}
