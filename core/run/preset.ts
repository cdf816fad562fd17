/** Presets: a method as data — stages, plugins and settings. */

import type { Config, Layer, StageSettings } from "../config/config.js";
import type { PluginOption } from "../lifecycle/plugin.js";
import type { Steps } from "../lifecycle/schedule.js";
import type { Role } from "../models/model.js";
import type { OptionsSchema } from "../values/schema.js";
import type { PublishedFigure, PublishedTable } from "./published.js";

/** One stage of a method: it trains exactly one model. */
export interface Stage {
  readonly trains: Role;
  /** Applied after the preset's. */
  readonly plugins?: readonly PluginOption[];
  /** What changes each batch, in order. Short for `settings.augmenters`. */
  readonly augmenters?: StageSettings["augmenters"];
  /** What frozen models say of each batch. Short for `settings.teachers`. */
  readonly teachers?: StageSettings["teachers"];
  /** The terms of the loss. Short for `settings.losses`. */
  readonly losses?: StageSettings["losses"];
  /** `none`: the stage makes its own images. What the run calls data then only tests what the stage has trained. */
  readonly data?: "none";
  /**
   * The stage whose batches this one is given too: at the same step the same images, cut and turned alike, as mutual learning
   * wants them. Both have the same data, input and batch size. What augmenters draw is each stage's own. Default: its own.
   */
  readonly batchesOf?: string;
  /** As reports and result tables name it. Default: the stage's name. */
  readonly title?: string;
  /** Laid over the preset's defaults. */
  readonly settings?: StageOverrides;
}

/** Settings of one stage inside a preset. */
export type StageOverrides = NonNullable<NonNullable<Config["stages"]>[string]>;

/** The role that teaches, where a preset names no other. */
export const teacherRole: Role = "teacher";

/** `demo`: small networks and images, minutes on two cores. `paper`: as published. */
export type Scale = "demo" | "paper";

export interface Preset<Names extends string = string> {
  /** Kebab-case; `fgkd --preset NAME`. */
  readonly name: string;
  /** One line for `fgkd list`. */
  readonly summary: string;
  /** Applied in every stage, before the stage's own. */
  readonly plugins: readonly PluginOption[];
  /** In the order in which they run. */
  readonly stages: Readonly<Record<Names, Stage>>;
  /** Settings as published, for every stage. */
  readonly defaults: Config;
  /** Laid over `defaults` at that scale. */
  readonly scales?: Readonly<Partial<Record<Scale, Config>>>;
  /**
   * By published data set, as `data.layout` calls it: laid over `defaults`, below a scale, where the data is that set. Default: all alike.
   */
  readonly sets?: Readonly<Record<string, Config>>;
  /**
   * Default: the stages in order. Decides by the order of steps and by the stages' settings, never by what steps report.
   * A stage that is not enabled has no steps.
   */
  schedule?(steps: Readonly<Record<Names, Steps>>, settings: Readonly<Record<Names, StageSettings>>): Steps;
  /** What its stages depend on, resolved: how many members an ensemble has. See `definePresetWithOptions`. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** The option, a whole number, whose rise adds stages: a run can go on with more of them, and `--count` sets it. */
  readonly grows?: string;
  /**
   * Rows of the publication by name, and what each is: `--set variant=NAME`, which sets the option of that name. Default: none.
   */
  readonly variants?: Readonly<Record<string, string>>;
  /** Its tables, each of whose rows `fgkd reproduce` can make. Default: none. */
  readonly tables?: readonly PublishedTable[];
  /** Its figures of where networks look, which `fgkd reproduce` can make of the same runs. Default: none. */
  readonly figures?: readonly PublishedFigure[];
  /** The role whose weights `--teacher` loads, and whose stages it passes over. Default {@link teacherRole}. */
  readonly teacher?: Role;
  /** What they may be, where `describeOptions` said so. */
  readonly schema?: OptionsSchema;
  /** The roles that the publication starts from public weights, which fgkd does not bring. Default: none. */
  readonly pretrained?: readonly Role[];
  /** The same preset with some options replaced: how config reaches them. */
  configure?(overrides: Readonly<Record<string, unknown>>): Preset;
}

/** The identity, which infers the stages' names for `schedule`. */
export function definePreset<const Names extends string>(preset: Preset<Names>): Preset {
  // `schedule` is only ever given the steps of the preset's own stages, which are exactly `Names`.
  return preset as unknown as Preset;
}

/** What a preset itself says: its defaults, and its word on each stage. */
export function presetLayers({ name, defaults, stages }: Preset): readonly Layer[] {
  const origin = `preset ${name}`;
  const own = Object.entries(stages).map(([stage, { settings, augmenters, teachers, losses }]) => {
    const lists = Object.entries({ augmenters, teachers, losses }).filter(([, list]) => list !== undefined);
    return [stage, { ...Object.fromEntries(lists), ...settings }] as const;
  });
  return [
    { origin, config: defaults },
    { origin, config: { stages: Object.fromEntries(own.filter(([, said]) => Object.keys(said).length > 0)) } },
  ];
}
