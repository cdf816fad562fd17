/** `loadModel`: a trained model, or several, that one asks what is on an image. */
import * as tf from "@tensorflow/tfjs";
import type { Config } from "../config/config.js";
import type { GivenBatch, GivenImage } from "../data/given.js";
import type { InputSettings } from "../data/source.js";
import { probabilitiesOf } from "../evaluation/scores.js";
import { type Predict, type TestTime, testViews } from "../evaluation/test-time.js";
import type { PluginOption } from "../lifecycle/plugin.js";
import { type Answer, answerBy } from "../measures/answering.js";
import type { Choice, Ensembler, Ensemblers } from "../registries/entry.js";
import { badImage, invalidConfig, invalidOption } from "../values/errors.js";
import { type Logger, silentLogger } from "../values/logger.js";
import { release } from "../values/records.js";
import { builtInPlugins } from "./built-in.js";
import { type ModelCalibration, toldCalibration } from "./calibration.js";
import { mergedPrediction } from "./merged.js";
import { openModels } from "./open-models.js";

export interface LoadModelOptions {
  /** Which models of a run, `teacher` or `student@ema`; several are merged. Default: the student, or all that were trained. */
  readonly roles?: readonly string[] | undefined;
  /** How several are merged. Default `mean-logits`. */
  readonly ensembler?: Choice<Ensemblers> | { readonly name: string };
  /** Of how many views of an image the answers are averaged. Default: as in the run's own tests; `null`: of the image alone. */
  readonly testTime?: TestTime | null | undefined;
  /** Whether its calibration counts, where it has one for this way of asking. Default true. */
  readonly calibrated?: boolean;
  /** Images that are computed at a time. Default: as many as in the run's tests, or 16. */
  readonly batchSize?: number | undefined;
  /** The engine that is started. Default: the run's, or `auto`; `null`: none, since one runs already. */
  readonly engine?: Config["engine"] | null;
  /** What registers the network, the source `files`, engines. Default: every plugin that fgkd brings. */
  readonly plugins?: PluginOption;
  /** Default: nobody is told. */
  readonly logger?: Logger;
}

/** A class that may be on an image. */
export interface Guess {
  readonly label: string;
  /** In [0, 1]; over all classes they add up to 1. */
  readonly probability: number;
}

export interface PredictOptions {
  /** How many guesses an image gets. Default: one for each class. */
  readonly top?: number;
}

/** What came of one image: guesses, the most probable first, or why it could not be read. */
export type Prediction =
  | {
      readonly image: GivenImage;
      readonly guesses: readonly Guess[];
      /** What it comes to: of a model that is not calibrated, always the first guess. */
      readonly answer: Answer;
      readonly problem?: undefined;
    }
  | { readonly image: GivenImage; readonly guesses?: undefined; readonly answer?: undefined; readonly problem: string };

type Read = Extract<Prediction, { readonly guesses: object }>;
type Said = Pick<Read, "guesses" | "answer">;

/** A trained model that is ready to be asked. */
export interface LoadedModel {
  /** In label order. */
  readonly classes: readonly string[];
  /** What a picture becomes before the network sees it. */
  readonly input: InputSettings;
  /** By which its probabilities and answers come about; `null` where it has none, or none for the way in which it is asked. */
  readonly calibration: ModelCalibration | null;
  /**
   * Guesses for each image, the most probable first; of equally probable classes, in label order. Images are read, and answered, as
   * `fgkd eval` does, with the same numbers. What it keeps in memory does not grow from call to call.
   *
   * @param images paths, bytes of files, or pixels in any mixture
   * @throws FGKD_BAD_IMAGE for the first that cannot be read; FGKD_INVALID_OPTION
   */
  predict(images: readonly GivenImage[], options?: PredictOptions): Promise<readonly (readonly Guess[])[]>;
  /**
   * One answer for each image: its class, or, where a calibrated model is not sure enough of that, the group of classes that it is
   * sure of, or that it does not know.
   *
   * @throws FGKD_BAD_IMAGE for the first that cannot be read
   */
  answer(images: readonly GivenImage[]): Promise<readonly Answer[]>;
  /**
   * The same of more images than fit into memory, one after the other, in their order. What cannot be read has a `problem`, and the
   * rest goes on. Images are asked for a few batches ahead.
   */
  stream(
    images: Iterable<GivenImage> | AsyncIterable<GivenImage>,
    options?: PredictOptions,
  ): AsyncGenerator<Prediction, void, undefined>;
  /** Frees its memory, and ends the threads that decode images. */
  dispose(): Promise<void>;
}

/**
 * Loads what a run has trained, with its classes and its preprocessing. No code that the run names is loaded, and its data is not
 * needed.
 *
 * @param path of a run folder, of a file in its `models/`, or of such a file wherever it was taken
 * @throws FGKD_PATH, FGKD_UNKNOWN_NAME, FGKD_CORRUPT_FILE, FGKD_WEIGHTS_MISMATCH, FGKD_INVALID_CONFIG, FGKD_INVALID_OPTION,
 *   FGKD_ENGINE_UNAVAILABLE
 * @example
 * const model = await loadModel("runs/dadkd-1");
 * const [[best]] = await model.predict(["photo.jpg"]);
 * await model.dispose();
 */
export async function loadModel(path: string, options: LoadModelOptions = {}): Promise<LoadedModel> {
  const { roles, ensembler = { name: "mean-logits" }, testTime, batchSize, engine, logger = silentLogger } = options;
  const config = {
    ...(testTime !== undefined && { evaluation: { testTime } }),
    ...(batchSize !== undefined && { batchSize }),
    ...(engine != null && { engine }),
  };
  const plugins = options.plugins ?? (await builtInPlugins());
  const layers = [{ origin: "loadModel()", config }];
  const opened = await openModels(path, { plugins, roles, ensembler, layers, logger, startsEngine: engine !== null });
  const { classes, models, merge, settings, source } = opened;
  const way = {
    models: models.map(({ role }) => role),
    ensembler: merge ? ensembler.name : null,
    testTime: settings.evaluation.testTime,
  };
  const calibration = options.calibrated === false ? null : toldCalibration(opened, way, logger);
  const views = testViews(settings.evaluation.testTime, settings.input, "loadModel()");
  const answer = mergedPrediction(models, views, merge);
  let isDisposed = false;

  async function* stream(images: Parameters<LoadedModel["stream"]>[0], { top = classes.length }: PredictOptions = {}) {
    if (isDisposed) throw invalidConfig("loadModel()", "this model was disposed of", "Load it again.");
    if (!Number.isInteger(top) || top < 1)
      throw invalidOption("predict", "top", "a whole number from 1", top, "Try 5.");
    const pass = { batchSize: settings.batchSize, input: views.input };
    for await (const given of source.read(oneByOne(images), pass))
      yield* predictionsOf(given, await scoresOf(given, answer), (scores) =>
        saidOf(scores, { classes, top, gives: merge?.gives, calibration }),
      );
  }

  async function all<T>(images: readonly GivenImage[], options: PredictOptions | undefined, of: (one: Read) => T) {
    const list: T[] = [];
    for await (const each of stream(images, options)) {
      if (each.problem !== undefined) throw unreadable(each.image, each.problem, list.length);
      list.push(of(each));
    }
    return list;
  }

  return {
    classes,
    input: settings.input,
    calibration,
    stream,
    predict: (images, how) => all(images, how, ({ guesses }) => guesses),
    answer: (images) => all(images, { top: 1 }, ({ answer }) => answer),
    dispose: async () => {
      if (!isDisposed) await opened.close();
      isDisposed = true;
    },
  };
}

async function* oneByOne(images: Iterable<GivenImage> | AsyncIterable<GivenImage>): AsyncGenerator<GivenImage, void> {
  yield* images;
}

/** `[images, classes]`, row by row: of those that could be read. */
async function scoresOf({ batch }: GivenBatch, answer: Predict): Promise<Float32Array> {
  if (!batch) return new Float32Array(0);
  const logits = tf.tidy(() => answer(batch));
  // A copy: on some engines data() is a view of memory that the next batch reuses.
  const scores = Float32Array.from(await logits.data());
  release({ ...batch, logits });
  return scores;
}

function* predictionsOf(
  { given, batch, problems }: GivenBatch,
  scores: Float32Array,
  say: (scores: Float32Array) => Said,
): Generator<Prediction, void, undefined> {
  const rows = batch?.indices ?? [];
  const classes = scores.length / Math.max(1, rows.length);
  for (const [index, image] of given.entries()) {
    const problem = problems.get(index);
    const row = rows.indexOf(index);
    if (problem !== undefined) yield { image, problem };
    else yield { image, ...say(scores.subarray(row * classes, (row + 1) * classes)) };
  }
}

interface How {
  readonly classes: readonly string[];
  readonly top: number;
  readonly gives: Ensembler["gives"];
  readonly calibration: ModelCalibration | null;
}

/** Ordered by the scores themselves, of which the largest is the class that `fgkd eval` counts. */
function saidOf(scores: Float32Array, { classes, top, gives, calibration }: How): Said {
  const probabilities = probabilitiesOf(scores, gives, calibration?.temperature);
  const order = Array.from(scores.keys()).sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);
  const guesses = order
    .slice(0, top)
    .map((label) => ({ label: classes[label] as string, probability: probabilities[label] as number }));
  // A model has classes.
  const [best] = guesses as [Guess];
  const answer: Answer = calibration
    ? answerBy(calibration, probabilities, order[0] as number, classes)
    : { kind: "class", ...best };
  return { guesses, answer };
}

function unreadable(image: GivenImage, problem: string, position: number): Error {
  return badImage(
    typeof image === "string" ? image : `image ${position + 1}`,
    problem,
    "Leave it out, or use stream().",
  );
}
