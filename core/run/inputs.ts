/** Which images the models of a run are for: what they share with the stages that they come from. */
import type { ResolvedConfig } from "../config/config.js";
import type { InputSettings } from "../data/source.js";
import type { Model, PartialModelInput, Role } from "../models/model.js";
import { invalidOption } from "../values/errors.js";
import type { Preset } from "./preset.js";

/** The stages that models come from. */
export interface Homes {
  /** The input of the last stage that trains a role, or of the run's last stage. */
  of(role: Role): InputSettings;
  /** Whether an enabled stage trains it, for one epoch or more. */
  isTrained(role: Role): boolean;
}

export function homesOf({ stages }: Preset, config: ResolvedConfig): Homes {
  const names = Object.keys(stages);
  const enabled = names.filter((name) => config.stages[name]?.enabled);
  const trainedIn = (among: readonly string[], role: Role) => among.findLast((name) => stages[name]?.trains === role);
  return {
    of: (role) => {
      const home = trainedIn(enabled, role) ?? trainedIn(names, role) ?? enabled.at(-1);
      return (home === undefined ? undefined : config.stages[home]?.input) ?? config.run.input;
    },
    isTrained: (role) => enabled.some((name) => stages[name]?.trains === role && config.stages[name]?.epochs !== 0),
  };
}

/**
 * Refuses a size that cannot be made of the images which the model is trained on.
 *
 * @throws FGKD_INVALID_OPTION
 */
export function checkInputs({ stages }: Preset, { run, stages: settings }: ResolvedConfig): void {
  for (const [stage, { trains, data }] of Object.entries(stages)) {
    const own = settings[stage];
    if (!own?.enabled || data === "none") continue;
    checkSides(trains, run.models[trains]?.input ?? {}, stage, own.input.crop);
  }
}

/** @param most the side of the stage's images @throws FGKD_INVALID_OPTION */
export function checkSides(role: Role, { crop, size }: PartialModelInput, stage: string, most: number): void {
  const side = crop ?? most;
  const refuse = (option: string, limit: number, wanted: number) => {
    const remedy = `Lower it, or raise input.resize and input.crop of stage "${stage}".`;
    throw invalidOption(`models.${role}.input`, option, `at most ${limit}, the side of its images`, wanted, remedy);
  };
  if (side > most) refuse("crop", most, side);
  if ((size ?? 0) > side) refuse("size", side, size as number);
}

/** All that somebody needs who gives images to an exported model; of one that makes images, how these are to be read. */
export type InputDescription =
  | (Pick<InputSettings, "resize" | "fit" | "crop" | "mean" | "deviation"> & {
      /** The side that the network sees. */
      readonly size: number;
      readonly interpolation: string;
      readonly channels: "rgb";
      /** What happens to pictures, where settings list it: in the place of `resize`, `fit` and `crop`. */
      readonly transforms?: Pick<NonNullable<InputSettings["transforms"]>, "test">;
    })
  | (Pick<InputSettings, "mean" | "deviation"> & { readonly size: number; readonly channels: "rgb" });

export function describeInput({ input, makes }: Model, home: InputSettings): InputDescription {
  const { mean, deviation } = input ?? home;
  if (makes) return { size: makes.size, mean, deviation, channels: "rgb" };
  const { resize, fit, transforms: { test } = {} } = home;
  const crop = input?.crop ?? home.crop;
  const size = input?.size ?? crop;
  return {
    resize,
    fit,
    crop,
    size,
    interpolation: input?.interpolation ?? "bilinear",
    mean,
    deviation,
    channels: "rgb",
    ...(test && { transforms: { test } }),
  };
}
