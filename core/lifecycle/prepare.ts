/** What moves a stage's weights: chosen before anything runs, and made when the stage is taken up. */
import type { Model, Role } from "../models/model.js";
import { type ParameterGroup, shorthandGroups, type TrainedWeight, type Treatment, treat } from "../update/groups.js";
import { createOptimizer, type UpdateRule } from "../update/optimizer.js";
import { constantRate, type Schedule } from "../update/schedule.js";
import { invalidConfig } from "../values/errors.js";
import { type Stepping, trainedBy } from "./step.js";
import type { ComposedTraining } from "./training.js";

/** What the settings of an optimiser stand for. */
export interface ChosenUpdate {
  readonly rule: UpdateRule;
  readonly schedule: Schedule;
  /** `isListed`: in `optimizer.groups`, not by the settings that are short for one. */
  readonly groups: readonly { readonly name: string; readonly group: ParameterGroup; readonly isListed: boolean }[];
}

/**
 * Chooses rule, schedule and groups; what every optimiser can be told is not among the options of one.
 *
 * @throws FGKD_UNKNOWN_NAME, FGKD_UNKNOWN_OPTION, FGKD_INVALID_OPTION
 */
export function chooseUpdate({ config, optimizers, schedules, groups }: ComposedTraining): ChosenUpdate {
  const { learningRate, schedule, weightDecay, decayNormsAndBiases, newLayersFactor, clipNorm, ...own } =
    config.optimizer;
  const { groups: listed, ...rule } = own;
  const short = shorthandGroups(config.optimizer);
  const choose = (line: { readonly name: string }) => ({
    name: line.name,
    group: groups.choose(line),
    isListed: !short.includes(line),
  });
  const isBare = schedule.name === "constant" && Object.keys(schedule).length === 1;
  return {
    rule: optimizers.choose(rule),
    // A run whose plugins bring no schedule follows none.
    schedule: isBare && !schedules.names.includes("constant") ? constantRate : schedules.choose(schedule),
    groups: [...short, ...listed].map(choose),
  };
}

/**
 * The optimiser of a stage that is taken up, and what it trains.
 *
 * @throws FGKD_INVALID_CONFIG when every weight is frozen
 */
export function prepareUpdate(
  training: ComposedTraining,
  { rule, groups }: ChosenUpdate,
  trains: Role,
  model: Model,
): Pick<Stepping, "optimizer" | "trained"> {
  const all = trainedBy(training, model);
  const { depths } = model;
  const deepest = depths && Math.max(...depths.values());
  const weights = [...all].map(([name, variable]): TrainedWeight => {
    const isNew = !training.models.isPretrained(trains, name);
    const depth = depths?.get(name);
    return { name, variable, isNew, ...(depth !== undefined && { depth }), ...(deepest !== undefined && { deepest }) };
  });
  for (const { name, group, isListed } of groups)
    if (isListed && weights.every((weight) => changesNothing(group(weight))))
      training.logger.warn(`${training.stage}: optimizer.groups › ${name} changes how no weight is trained.`);
  const rules = groups.map(({ group }) => group);
  const treatments = new Map(weights.map((weight) => [weight.name, treat(rules, weight)]));
  const trained = new Map([...all].filter(([name]) => !treatments.get(name)?.frozen));
  if (trained.size === 0 && all.size > 0)
    throw invalidConfig(`stage ${training.stage}`, "optimizer.groups freezes every weight", "Leave one free.");
  const optimizer = createOptimizer(rule, training.config.optimizer, { trained }, (name) => treatments.get(name) ?? {});
  return { optimizer, trained };
}

function changesNothing({ factor = 1, weightDecay = 1, frozen = false }: Treatment): boolean {
  return factor === 1 && weightDecay === 1 && !frozen;
}
