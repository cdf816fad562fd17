/** What is known of exported models, as settings: from their files, and from the run that these lie in. */
import type { Config, SettingsLayer } from "../config/config.js";
import { openTensorFile } from "../formats/open-tensor-file.js";
import { aboutWeights, inputInWeights } from "../models/about-weights.js";
import { corruptFile } from "../values/errors.js";
import { isRecord } from "../values/unknown.js";
import type { FoundModel } from "./find-models.js";

type Said = Readonly<Record<string, unknown>>;

const remedy = "Give the folder of a run, or a file that a run has left in its models/.";

/**
 * The layers that make the settings of a prediction: each model's network, and how the images of the last one come about. What a file
 * says suffices; what its run says counts more, since that says all of it. Whatever is wrong with a value, `resolveConfig` tells.
 *
 * @throws FGKD_CORRUPT_FILE for a file that does not say what network it is of, and of what images
 */
export function settingsOf(models: readonly FoundModel[]): readonly SettingsLayer[] {
  const last = models.at(-1);
  return [...models.map(networkOf), ...(last ? [{ origin: last.file, config: imagesOf(last) as Config }] : [])];
}

/** Of the options of the run's data those that another source knows, too: how files are decoded, and by how many threads. */
export function dataOptions({ stage, run }: Pick<FoundModel, "stage" | "run">, known: readonly string[]): Said {
  const data = (stage ?? run)?.data;
  return isRecord(data) ? picked(data, known) : {};
}

/** The network with its weights, and what it makes of a batch that others share. */
function networkOf({ role, name, file, run }: FoundModel): SettingsLayer {
  const { backbone } = aboutWeights(openTensorFile(file).metadata);
  if (!isRecord(backbone) || typeof backbone.name !== "string")
    throw corruptFile(file, "does not say what network it is of", remedy);
  const models = isRecord(run?.models) ? run.models : {};
  const model = Object.hasOwn(models, role) ? models[role] : undefined;
  const input = {
    ...picked(inputInWeights(file) ?? {}, ["mean", "deviation", "size", "interpolation"]),
    ...(isRecord(model) && isRecord(model.input) && model.input),
  };
  return { origin: file, config: { models: { [name]: { backbone, weights: file, input } } } as Config };
}

/** What a picture becomes before it is in a batch. */
function imagesOf({ file, stage, run }: FoundModel): Said {
  const { input } = aboutWeights(openTensorFile(file).metadata);
  if (!isRecord(input)) throw corruptFile(file, "does not say what images it is for", remedy);
  if (!("crop" in input)) throw corruptFile(file, "is of a network that makes images", "Give a model that sees them.");
  const said = picked(input, ["resize", "fit", "crop", "mean", "deviation", "transforms"]);
  return {
    input: isRecord(stage?.input) ? stage.input : said,
    ...picked(stage ?? {}, ["batchSize"]),
    ...(isRecord(stage?.evaluation) && { evaluation: picked(stage.evaluation, ["testTime"]) }),
    ...picked(run ?? {}, ["engine"]),
  };
}

function picked(from: object, keys: readonly string[]): Said {
  return Object.fromEntries(Object.entries(from).filter(([key, value]) => keys.includes(key) && value !== undefined));
}
