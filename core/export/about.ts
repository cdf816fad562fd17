/** What an exported model says of itself, in every format: enough to ask it, and to know where it comes from. */
import { resolveConfig } from "../config/config.js";
import type { InputSettings } from "../data/source.js";
import { openTensorFile } from "../formats/open-tensor-file.js";
import { aboutWeights } from "../models/about-weights.js";
import type { ModelInput } from "../models/model.js";
import type { Precision } from "../onnx/precision.js";
import type { ModelCalibration } from "../prediction/calibration.js";
import type { OpenModels } from "../prediction/open-models.js";
import { version } from "../store/manifest.js";
import { exportMismatch } from "../values/export-errors.js";
import { isRecord } from "../values/unknown.js";

/** How a picture becomes what an exported model is given. */
export interface ExportedPreprocessing {
  /** Side of the square that the model is given, in pixels. */
  readonly size: number;
  /** The picture's shorter side (`shorter`) or both sides (`warp`) become so many pixels, antialiased; then its middle is cut out. */
  readonly resize: number;
  readonly fit: InputSettings["fit"];
  /** In place of `resize` and `fit`, where the run lists transforms: these, in order. */
  readonly transforms?: NonNullable<InputSettings["transforms"]>["test"];
  /** `[0, 1]`, red, green, blue: bytes over 255. Nothing is subtracted or divided by: the model does that itself. */
  readonly range: readonly [0, 1];
  readonly channels: "rgb";
  /** What the model itself does with that. */
  readonly inside: ModelInput;
}

export interface ExportAbout {
  /** Of fgkd. */
  readonly version: string;
  readonly precision: Precision;
  readonly preprocessing: ExportedPreprocessing;
  /** In label order. */
  readonly classes: readonly string[];
  /** How far it is to be believed, as `fgkd calibrate` has found; of images alone, without further views. */
  readonly calibration?: ModelCalibration;
  /** Under which terms it may be used, as whoever exported it says. */
  readonly license?: string;
  /** What the run's own file says: role, network, best epoch, … */
  readonly model: Readonly<Record<string, unknown>>;
  /** What it was made from: the run's data, and the weights that its models began with. */
  readonly from: Readonly<Record<string, unknown>>;
  /** Whether its answers were compared with the model's before it was kept; else somebody went without. */
  readonly checked: boolean;
}

type Chosen = Pick<ExportAbout, "precision" | "checked"> & {
  readonly license?: string | undefined;
  readonly calibration: ModelCalibration | null;
};

/** @param opened with one model */
export function aboutExport({ found, models, settings, classes }: OpenModels, chosen: Chosen): ExportAbout {
  const { precision, checked, license, calibration } = chosen;
  const [model, file] = [models[0]?.model, found[0]];
  if (!model?.input || !file) throw new Error("one model is exported, and it has an input");
  const { resize, fit, crop, transforms } = settings.input;
  return {
    version: version(),
    precision,
    preprocessing: {
      size: crop,
      resize,
      fit,
      ...(transforms?.test && { transforms: transforms.test }),
      range: [0, 1],
      channels: "rgb",
      inside: { ...model.input },
    },
    classes,
    ...(calibration && { calibration }),
    ...(license !== undefined && { license }),
    model: aboutWeights(openTensorFile(file.file).metadata),
    from: originOf(file),
    checked,
  };
}

/** No places of this machine: only names. */
function originOf({ stage, run }: OpenModels["found"][number]): Readonly<Record<string, unknown>> {
  const data = (stage ?? run)?.data;
  const models = isRecord(run?.models) ? Object.entries(run.models) : [];
  const weights = models.flatMap(([role, said]) =>
    isRecord(said) && typeof said.weights === "string" ? [[role, said.weights.split(/[\\/](?=[^\\/]*$)/).at(-1)]] : [],
  );
  return {
    ...(isRecord(data) && { data: data.name }),
    ...(weights.length > 0 && { weights: Object.fromEntries(weights) }),
  };
}

/**
 * The images that a file wants, by its own words: pixels in [0, 1].
 *
 * @param said what stands in the file
 * @throws FGKD_EXPORT_MISMATCH where that is nothing that images can be made by
 */
export function wantedInput(file: string, said: unknown): InputSettings {
  const about = isRecord(said) && isRecord(said.preprocessing) ? said.preprocessing : undefined;
  if (!about) throw exportMismatch(file, "does not say how pictures become its images", "Export it again.");
  const { size, resize, fit, transforms } = about;
  const input = { crop: size, resize, fit, mean: [0, 0, 0], deviation: [1, 1, 1] };
  try {
    const config = { input: { ...input, ...(transforms !== undefined && { transforms: { test: transforms } }) } };
    return resolveConfig([], [{ origin: file, config: config as never }]).run.input;
  } catch (cause) {
    const problem = `says of its preprocessing what cannot be: ${(cause as Error).message}`;
    throw exportMismatch(file, problem, "Export it again.");
  }
}
