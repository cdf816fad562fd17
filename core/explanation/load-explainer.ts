/** `loadExplainer`: trained models that one asks where they look on an image. */
import type { GivenImage } from "../data/given.js";
import type { InputSettings } from "../data/source.js";
import { largest, probabilitiesOf } from "../evaluation/scores.js";
import { builtInPlugins } from "../prediction/built-in.js";
import type { Guess, LoadModelOptions } from "../prediction/load-model.js";
import { type OpenModels, openModels } from "../prediction/open-models.js";
import { invalidConfig, unknownName } from "../values/errors.js";
import { silentLogger } from "../values/logger.js";
import { type Batch, release } from "../values/records.js";
import { type Explained, explain } from "./explain.js";
import { checkExplainMethod, type ExplainMethodName } from "./methods.js";
import { type SeenPicture, seenPictures } from "./seen-pictures.js";

/** As of `loadModel`; each role is explained by itself. */
export interface LoadExplainerOptions
  extends Pick<LoadModelOptions, "roles" | "batchSize" | "engine" | "plugins" | "logger"> {
  /** By name. Default `auto`: for each model what its network has all for. */
  readonly method?: ExplainMethodName | (string & {});
  /** Of gradient methods: the inner map that they look at. Default: as `explain` chooses. */
  readonly map?: string | undefined;
  /**
   * The class that is asked about: a name, or a function that names one of each image, or knows none. Default: what each model
   * answers.
   */
  readonly classOf?: string | ((image: GivenImage) => string | undefined) | undefined;
}

/** A map of one image. */
export interface HeatMap {
  readonly height: number;
  readonly width: number;
  /** `[height, width]`, from 0 to 1. */
  readonly values: Float32Array;
}

/** Where one model looks on one image. */
export interface Explanation {
  /** `student`, or what else the run calls it. */
  readonly role: string;
  /** The method that was used. */
  readonly method: string;
  /** The inner map that it looked at, where that is not the usual one. */
  readonly layer?: string;
  /** The class that was asked about, and how probable the model finds it. */
  readonly asked: Guess;
  /** What the model answers, to the image alone (no views). */
  readonly answer: Guess;
  /** At the size of the picture. */
  readonly map: HeatMap;
  /** As coarse as the network has it, of what it sees. */
  readonly cells: HeatMap;
}

/** What came of one image: where each model looks, or why it is not known. */
export type ExplainedImage =
  | {
      readonly image: GivenImage;
      /** What the network is given, before normalisation. */
      readonly picture: SeenPicture;
      readonly explanations: readonly Explanation[];
      readonly problem?: undefined;
    }
  | { readonly image: GivenImage; readonly problem: string };

/** Trained models that are ready to be asked. */
export interface Explainer {
  /** In the order of explanations. */
  readonly roles: readonly string[];
  /** In label order. */
  readonly classes: readonly string[];
  /** What a picture becomes before a network sees it. */
  readonly input: InputSettings;
  /** One after the other, in the order of the images, which are asked for a few batches ahead. */
  stream(images: Iterable<GivenImage> | AsyncIterable<GivenImage>): AsyncGenerator<ExplainedImage, void, undefined>;
  /** Frees its memory, and ends the threads that decode images. */
  dispose(): Promise<void>;
}

/** Images at a time, where nobody says: with a gradient each takes as much memory as in training. */
const usualBatch = 8;

/**
 * Loads what a run has trained to ask it where it looks; see `loadModel`, whose path and options it takes.
 *
 * @throws FGKD_UNKNOWN_NAME for a method or a class that there is not; what `loadModel` throws
 * @example
 * const explainer = await loadExplainer("runs/dadkd-1", { method: "grad-cam" });
 * for await (const { explanations } of explainer.stream(["photo.jpg"])) …
 */
export async function loadExplainer(path: string, options: LoadExplainerOptions = {}): Promise<Explainer> {
  const { roles, method = "auto", map, classOf, batchSize, engine, logger = silentLogger } = options;
  checkExplainMethod(method);
  const config = { ...(batchSize !== undefined && { batchSize }), ...(engine != null && { engine }) };
  const opened = await openModels(path, {
    plugins: options.plugins ?? (await builtInPlugins()),
    roles,
    ensembler: { name: "mean-logits" },
    layers: [{ origin: "loadExplainer()", config }],
    logger,
    startsEngine: engine !== null,
  });
  const { classes, settings, source, models } = opened;
  if (typeof classOf === "string" && !classes.includes(classOf)) {
    await opened.close();
    throw unknownName("class", classOf, classes, "Name one of the model's.");
  }
  let isDisposed = false;
  return {
    classes,
    input: settings.input,
    roles: models.map(({ role }) => role),
    async *stream(images) {
      if (isDisposed) throw invalidConfig("loadExplainer()", "these models were disposed of", "Load them again.");
      const pass = { batchSize: batchSize ?? Math.min(usualBatch, settings.batchSize), input: settings.input };
      for await (const { given, batch, problems } of source.read(oneByOne(images), pass)) {
        const rows = batch?.indices ?? [];
        const labels = rows.map((index) => labelOf(given[index] as GivenImage, classOf, classes));
        const { explained, pictures } = batch
          ? await explainAll(opened, batch, labels, { method, map })
          : { explained: [], pictures: [] };
        for (const [index, image] of given.entries()) {
          const row = rows.indexOf(index);
          const problem = problems.get(index) ?? (labels[row] === undefined ? unknownClass : undefined);
          if (problem !== undefined) yield { image, problem };
          else
            yield {
              image,
              picture: pictures[row] as SeenPicture,
              explanations: explained.map(({ role, all }) => explanationOf(role, all, row, classes)),
            };
        }
      }
    },
    dispose: async () => {
      if (!isDisposed) await opened.close();
      isDisposed = true;
    },
  };
}

const unknownClass = "its class is not known, or none of the model's";

async function* oneByOne(images: Iterable<GivenImage> | AsyncIterable<GivenImage>): AsyncGenerator<GivenImage, void> {
  yield* images;
}

/** `predicted`, a position, or `undefined` where it is not known. */
function labelOf(image: GivenImage, classOf: LoadExplainerOptions["classOf"], classes: readonly string[]) {
  if (classOf === undefined) return "predicted";
  const label = classes.indexOf((typeof classOf === "string" ? classOf : classOf(image)) ?? "");
  return label < 0 ? undefined : label;
}

/** Models one after the other: each sees the same batch, which goes. */
async function explainAll(
  { models, settings }: OpenModels,
  batch: Batch,
  labels: readonly (number | "predicted" | undefined)[],
  asked: Pick<LoadExplainerOptions, "method" | "map">,
) {
  const explained: { role: string; all: Explained }[] = [];
  try {
    for (const { role, model } of models) {
      // Images are asked about all alike; one whose class is not known is told, whatever its map.
      const classOf = labels.includes("predicted") ? "predicted" : labels.map((label) => Number(label ?? 0));
      explained.push({ role, all: await explain(model, batch, { ...asked, classOf, role }) });
    }
    return { explained, pictures: await seenPictures(batch, settings.input) };
  } finally {
    release(batch);
  }
}

function explanationOf(role: string, all: Explained, row: number, classes: readonly string[]): Explanation {
  const { method, map: layer, labels, logits, maps, cells } = all;
  const probabilities = probabilitiesOf(logits.subarray(row * classes.length, (row + 1) * classes.length));
  const guess = (label: number) => ({
    label: classes[label] as string,
    probability: probabilities[label] as number,
  });
  const best = largest(probabilities);
  const mapOf = ({ height, width, values }: Explained["maps"]): HeatMap => {
    return { height, width, values: values.slice(row * height * width, (row + 1) * height * width) };
  };
  return {
    role,
    method,
    ...(layer !== undefined && { layer }),
    asked: guess(labels[row] as number),
    answer: guess(best),
    map: mapOf(maps),
    cells: mapOf(cells),
  };
}
