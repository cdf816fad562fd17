/** Every kind of thing that config may choose by name, and whether it belongs to a run or to a stage. */
import { defaults } from "../config/config.js";
import type { SourceOpener } from "../data/source.js";
import type { Metric } from "../evaluation/metric.js";
import type { Model } from "../models/model.js";
import type { Engine } from "../ops/engine.js";
import type {
  Augmenter,
  Augmenters,
  Backbones,
  Engines,
  Ensembler,
  Ensemblers,
  Loss,
  Losses,
  Metrics,
  Optimizers,
  ParameterGroups,
  Schedules,
  Sources,
  Teacher,
  Teachers,
  Transform,
  Transforms,
} from "../registries/entry.js";
import { createRegistry, type Level, type Registry } from "../registries/registry.js";
import type { ParameterGroup } from "../update/groups.js";
import type { UpdateRule } from "../update/rule.js";
import type { Schedule } from "../update/schedule.js";

/** One registry of each kind. */
export interface Registries {
  readonly backbones: Registry<Backbones, Model>;
  readonly augmenters: Registry<Augmenters, Augmenter>;
  readonly teachers: Registry<Teachers, Teacher>;
  readonly losses: Registry<Losses, Loss>;
  readonly ensemblers: Registry<Ensemblers, Ensembler>;
  readonly optimizers: Registry<Optimizers, UpdateRule>;
  readonly schedules: Registry<Schedules, Schedule>;
  readonly groups: Registry<ParameterGroups, ParameterGroup>;
  readonly metrics: Registry<Metrics, Metric>;
  readonly transforms: Registry<Transforms, Transform>;
  readonly sources: Registry<Sources, SourceOpener>;
  readonly engines: Registry<Engines, Engine>;
}

/** What entries of each kind are called, and what stands beside their options in a line of config. */
const kinds: { readonly [K in keyof Registries]: readonly [kind: string, ...beside: readonly string[]] } = {
  backbones: ["backbone"],
  augmenters: ["augmenter"],
  teachers: ["teacher"],
  losses: ["loss", "weight", "term"],
  ensemblers: ["ensembler"],
  optimizers: ["optimizer", ...Object.keys(defaults.optimizer)],
  schedules: ["schedule"],
  groups: ["parameter group"],
  metrics: ["metric"],
  transforms: ["transform"],
  sources: ["source"],
  engines: ["engine"],
};

/** What a stage registers of these stays in the stage; of the others it belongs to the whole run. */
const ofStages: readonly (keyof Registries)[] = ["augmenters", "teachers", "losses", "ensemblers"];

/** The names that stages have brought into a run's registries. */
export type FromStages = { readonly [K in keyof Registries]: Set<string> };

export function nothingFromStages(): FromStages {
  return each(() => new Set<string>());
}

/** The registries of a run. */
export function runRegistries(level: Level): Registries {
  return each((name) => createRegistry(kinds[name][0], level, kinds[name].slice(1)));
}

/** Those of a stage: what the run has, and what the stage's own plugins add. */
export function stageRegistries(run: Registries, fromStages: FromStages, level: Level): Registries {
  return each((name) => {
    // The same kind as the registry above.
    const registry = run[name] as Registry<object, unknown>;
    const above = ofStages.includes(name) ? { registry } : { registry, fromStages: fromStages[name] };
    return createRegistry(kinds[name][0], level, kinds[name].slice(1), above);
  });
}

function each<T extends Registries | FromStages>(make: (name: keyof Registries) => unknown): T {
  const names = Object.keys(kinds) as (keyof Registries)[];
  // Every kind is listed in `kinds`, by its type.
  return Object.fromEntries(names.map((name) => [name, make(name)])) as unknown as T;
}
