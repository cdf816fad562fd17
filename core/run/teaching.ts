/** Who teaches, and with what: a model that nothing trains has weights, and these are for the classes of the data. */
import type { ResolvedConfig } from "../config/config.js";
import { weighsNothing } from "../lifecycle/lists.js";
import type { ComposedTraining } from "../lifecycle/training.js";
import type { Role } from "../models/model.js";
import { checkWeightsFile } from "../models/weights.js";
import { invalidConfig } from "../values/errors.js";
import type { Preset } from "./preset.js";
import type { WeightsFile } from "./weights-files.js";

/**
 * Looks at what is known before any model is built: every file of weights by its header, and every model that a stage's
 * entries need. One that no stage has trained by then, and that has no weights, would teach chance.
 *
 * @param classes of the data
 * @param files of the models that have weights
 * @throws FGKD_INVALID_CONFIG, FGKD_WEIGHTS_MISMATCH, FGKD_CORRUPT_FILE, FGKD_PATH
 */
export function checkTeaching(
  preset: Preset,
  config: ResolvedConfig,
  trainings: readonly ComposedTraining[],
  classes: readonly string[],
  files: ReadonlyMap<Role, WeightsFile>,
): void {
  const { models } = config.run;
  const needed = trainings.map((training) => ({ training, roles: rolesNeeded(training) }));
  for (const { training, roles } of needed)
    for (const role of roles)
      if (!models[role]?.weights && !trainedBy(preset, config, role, training.stage).length)
        throw untrained(role, stagesThatTrain(preset, role));
  const teachers = new Set(trainings.flatMap((training) => rolesNeeded(training, "teachers")));
  for (const [role, { file }] of files) {
    const trained = !teachers.has(role) || trainedBy(preset, config, role).length > 0;
    checkWeightsFile(role, file, { classes, trained });
  }
}

/** The diagnostic of a model that would be nothing but chance. @param stages that would train it */
export function untrained(role: Role, stages: readonly string[]) {
  const [stage] = stages;
  const enable =
    stage === undefined ? "" : `, or let stage "${stage}" train it first (stages.${stage}.enabled, epochs)`;
  return invalidConfig(
    `models.${role}`,
    `nothing trains the model of role "${role}" before it is used, and it has no weights: chance teaches nothing`,
    `Give models.${role}.weights a file${enable}.`,
  );
}

export function stagesThatTrain({ stages }: Preset, role: Role): readonly string[] {
  return Object.keys(stages).filter((name) => stages[name]?.trains === role);
}

/** The stages that train a role; where stages run one after the other, and one is named, up to that one. */
function trainedBy(preset: Preset, { stages }: ResolvedConfig, role: Role, upTo?: string): readonly string[] {
  const names = Object.keys(preset.stages);
  const reached = preset.schedule || upTo === undefined ? names : names.slice(0, names.indexOf(upTo) + 1);
  const works = (name: string) => stages[name]?.enabled && stages[name].epochs > 0;
  return stagesThatTrain(preset, role).filter((name) => reached.includes(name) && works(name));
}

/** By the entries of a stage's lists. */
function rolesNeeded(training: ComposedTraining, of?: "teachers"): readonly Role[] {
  const entries = training.chosen.filter((entry) => !weighsNothing(entry) && (of === undefined || entry.list === of));
  return entries.flatMap(({ list, name, options }) => training[list].look({ name, ...options }).needs.models ?? []);
}
