/** Configuration as an editor sees it: names of stages, roles, plugins and entries, with the options of each. */
import type { Augmenters, Choice, Engines, Losses, Optimizers, Sources, Teachers } from "../registries/entry.js";
import type { OptimizerSettings } from "../update/optimizer.js";
import type { Config, DeepPartial, LossSettings, StageSettings } from "./config.js";
import type { ModelSettings } from "./model-settings.js";

/* Merged by whoever brings a plugin or a preset; re-exported from core/index.ts BY NAME, as the registries' are. */

/** Plugins by name, with their options. What is listed by a registered name is known by its registry's interface. */
export interface Plugins {}

/** Presets by name. `stages` and `roles` are unions of names; `options`: those of a preset that has some. */
export interface Presets {}

/** The names of presets that are declared. */
export type PresetName = keyof Presets & string;

type Names<Name, Field extends "stages" | "roles", Otherwise> = Name extends PresetName
  ? Presets[Name] extends { readonly [F in Field]: infer Value extends string }
    ? Value
    : Otherwise
  : never;

/** A preset's stages and roles: any, where its declaration says none. */
export type StagesOf<Name extends PresetName> = Names<Name, "stages", string>;
export type RolesOf<Name extends PresetName> = Names<Name, "roles", string>;
/** Those that any preset declares. */
export type AnyStage = Names<PresetName, "stages", never>;
export type AnyRole = Names<PresetName, "roles", never>;

type LossOptions = { readonly [N in keyof Losses]: Losses[N] & Pick<LossSettings, "weight" | "term"> };
type PresetOptions = {
  readonly [N in PresetName as Presets[N] extends { readonly options: object } ? N : never]: Presets[N]["options" &
    keyof Presets[N]];
};
type Listed = Plugins & Augmenters & Teachers & LossOptions;
type Named = Listed & PresetOptions;

/** What may stand under `options`: a name that is declared, and options that it has. */
type OptionsByName = { readonly [N in keyof Named]?: Partial<Named[N]> };

interface TypedSettings {
  readonly optimizer?: DeepPartial<Omit<OptimizerSettings, "name">> & DeepPartial<Choice<Optimizers>>;
  readonly data?: DeepPartial<Choice<Sources>> | null;
  readonly options?: OptionsByName;
  readonly without?: readonly (keyof Listed)[];
}

type TypedStage = Omit<DeepPartial<StageSettings>, keyof TypedSettings> & TypedSettings;

/** Settings in which every name that is declared is checked, for a method with these stages and roles. */
export type TypedConfig<Stages extends string, Roles extends string> = Omit<
  Config,
  keyof TypedSettings | "engine" | "models" | "stages"
> &
  TypedSettings & {
    readonly engine?: "auto" | keyof Engines | DeepPartial<{ readonly name: "auto" } | Choice<Engines>>;
    readonly models?: { readonly [R in Roles]?: DeepPartial<ModelSettings> };
    readonly stages?: { readonly [S in Stages]?: TypedStage };
  };
