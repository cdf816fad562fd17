/**
 * How others describe a model: the preprocessing and the class names of timm, in a hub's `config.json` beside the weights (in
 * `pretrained_cfg`, or flat, as older ones have it) or in the text entries of a safetensors file.
 */
import { readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { corruptFile } from "../values/errors.js";
import { isRecord } from "../values/unknown.js";
import type { PartialModelInput } from "./model.js";
import { notNormalisation } from "./normalisation.js";

/**
 * How a whole picture becomes what the network sees. `center`: the shorter side is resized, and the middle cut out; `squash`:
 * both sides are, whatever the picture's shape; `border`: the longer side is, and the rest filled with the mean.
 */
type CropMode = "center" | "squash" | "border";

/** What a file says of the input that its weights are for. */
export interface FileInput extends Omit<PartialModelInput, "crop"> {
  /** Share of the resized side that the network sees. */
  readonly cropFraction?: number;
  readonly cropMode?: CropMode;
}

export interface Description {
  readonly input?: FileInput;
  readonly classes?: readonly string[];
}

type Said = Readonly<Record<string, unknown>>;

/** In bytes. */
const longest = 2 ** 23;

/** More classes than any file names; a dictionary could claim any number. */
const mostClasses = 2 ** 20;

/**
 * The `config.json` in the folder of a file of weights, where that describes a model as timm does.
 *
 * @throws FGKD_CORRUPT_FILE when what it says cannot be
 */
export function describedBeside(weights: string): Description {
  const path = join(dirname(weights), "config.json");
  const said = readRecord(path);
  // Any program may keep its settings under that name.
  if (typeof said?.architecture !== "string") return {};
  const own = isRecord(said.pretrained_cfg) ? said.pretrained_cfg : {};
  return described(path, { ...said, ...own });
}

/** The text entries of a safetensors file, each of them JSON or plain text. @throws FGKD_CORRUPT_FILE */
export function describedByMetadata(weights: string, metadata: Readonly<Record<string, string>>): Description {
  const keys = ["mean", "std", "input_size", "crop_pct", "crop_mode", "interpolation", "num_classes", "label_names"];
  const given = keys.filter((key) => Object.hasOwn(metadata, key));
  return described(weights, Object.fromEntries(given.map((key) => [key, parsed(metadata[key] as string)])));
}

function described(path: string, said: Said): Description {
  const { mean, std: deviation, interpolation, crop_pct: cropFraction, crop_mode: cropMode } = said;
  const need = (name: string, value: unknown, holds: boolean, remedy = "Correct it, or take it out.") => {
    if (value != null && !holds)
      throw corruptFile(path, `says that the input's ${name} is ${JSON.stringify(value).slice(0, 80)}`, remedy);
  };
  for (const [name, values] of [
    ["mean", mean],
    ["deviation", deviation],
  ] as const) {
    const wrong = isPerChannel(values) ? notNormalisation(name, values) : undefined;
    need(name, values, isPerChannel(values) && wrong === undefined, wrong && `${wrong}.`);
  }
  need("crop_pct", cropFraction, typeof cropFraction === "number" && cropFraction > 0 && cropFraction <= 1);
  need("crop_mode", cropMode, ["center", "squash", "border"].includes(cropMode as string));
  const size = sizeIn(said.input_size, need);
  const input = {
    ...(mean != null && { mean }),
    ...(deviation != null && { deviation }),
    ...(size !== undefined && { size }),
    // Of other filters there is none here: the stage's is taken.
    ...((interpolation === "bilinear" || interpolation === "bicubic") && { interpolation }),
    ...(cropFraction != null && { cropFraction }),
    ...(cropMode != null && { cropMode }),
  } as FileInput;
  const classes = namesIn(said.label_names, said.num_classes);
  return { ...(Object.keys(input).length > 0 && { input }), ...(classes && { classes }) };
}

/** `[channels, height, width]` */
function sizeIn(
  value: unknown,
  need: (name: string, value: unknown, holds: boolean, remedy?: string) => void,
): number | undefined {
  const isShape =
    Array.isArray(value) && value.length === 3 && value.every((side) => Number.isSafeInteger(side) && side > 0);
  need("input_size", value, isShape && value[0] === 3, "Images have three channels here: [3, height, width].");
  return isShape && value[1] === value[2] ? (value[1] as number) : undefined;
}

/** A list, or a dictionary by row that may have gaps: whatever has no name there gets one that no data has. */
function namesIn(names: unknown, count: unknown): readonly string[] | undefined {
  if (Array.isArray(names)) return names.length > 0 && names.every(isText) ? names : undefined;
  if (!isRecord(names)) return undefined;
  const rows = Object.keys(names)
    .filter((key) => /^\d{1,7}$/.test(key) && isText(names[key]))
    .map(Number);
  const length = Number.isSafeInteger(count) ? (count as number) : Math.max(-1, ...rows.slice(0, mostClasses)) + 1;
  if (rows.length === 0 || length > mostClasses) return undefined;
  return Array.from({ length }, (_, row) =>
    isText(names[row]) ? (names[row] as string) : `row ${row}, without a name`,
  );
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

export function isPerChannel(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length === 3 && value.every((one) => Number.isFinite(one));
}

/** `undefined` for what is no JSON object, or not there. */
function readRecord(path: string): Said | undefined {
  try {
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? longest + 1) > longest) return undefined;
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
