/** What a stage's listed entries depend on, held against what the stage has: a missing teacher is told before anything runs. */
import { missingNeed, unknownName } from "../values/errors.js";
import type { Batch } from "../values/records.js";
import { weighsNothing } from "./lists.js";
import type { ComposedTraining } from "./training.js";

type Field = keyof Batch & string;

/**
 * Refuses a stage whose augmenters, teachers or losses need of the batch what nothing before them sets, or a model that
 * the run does not have. A plugin that taps `batch` and does not say what it sets may set anything: then only models are
 * checked, and `need` tells of a missing field at the first step.
 *
 * @param given fields that the stage's source sets
 * @throws FGKD_MISSING_FIELD, FGKD_UNKNOWN_NAME
 */
export function checkNeeds(training: ComposedTraining, given: readonly Field[]): void {
  const { chosen, plugins, config } = training;
  const roles = Object.keys(config.models);
  const isOpen = plugins.some((plugin) => plugin.apply && !plugin.provides && tapsBatch(training, plugin.name));
  const there = new Set<string>([...given, ...plugins.flatMap(({ provides }) => provides ?? [])]);
  for (const entry of chosen) {
    const { list, name, options } = entry;
    if (weighsNothing(entry)) continue;
    const { needs, provides } = training[list].look({ name, ...options });
    for (const role of needs.models ?? []) if (!roles.includes(role)) throw unknownName("model role", role, roles);
    const missing = isOpen ? undefined : needs.batch?.find((field) => !there.has(field));
    if (missing) throw missingNeed(`${list} › ${name}`, missing, training.stage, providersOf(training, missing));
    for (const field of provides) there.add(field);
  }
}

function tapsBatch({ hooks }: ComposedTraining, plugin: string): boolean {
  return hooks.batch.taps.some(({ name }) => name === plugin);
}

/** Lines that a stage's lists could have, each of which sets the field. */
function providersOf(training: ComposedTraining, field: string): readonly string[] {
  return (["augmenters", "teachers"] as const).flatMap((list) =>
    training[list].names
      .filter((name) => training[list].provides(name).includes(field))
      .map((name) => `${list}: [{ name: "${name}" }]`),
  );
}
