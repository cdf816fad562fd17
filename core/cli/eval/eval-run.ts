/** One run that `fgkd eval` looks at: composed again with models that it left, and tested. */
import {
  type AnswerMeasures,
  type Coverage,
  countIn,
  createRun,
  type Ensembler,
  type FoundModel,
  invalidConfig,
  invalidData,
  type Model,
  namedList,
  noData,
  onlyClasses,
  openRunFolder,
  type Preset,
  type Run,
  type Scores,
  type Source,
  type Split,
  startChosenEngine,
  type TestedSource,
  type TestTime,
  type Training,
} from "../../index.js";
import type { EvalArguments } from "../arguments.js";
import { type Environment, lineLogger } from "../environment.js";
import { engineLayers } from "../settings/layers.js";
import { shownHub } from "../terminal/fetching.js";
import { type ChosenAgain, chooseAgain } from "../train/choose-run.js";
import { shortPath } from "../train/run-place.js";
import { stageOf, type TeacherAgreement, teacherAgreement, testModels } from "./eval-answers.js";
import { classesAsked } from "./eval-classes.js";
import { evalDataLayers, tellTrainedOn } from "./eval-data.js";
import { evalPlace, modelsToTest, teacherOf, withoutWeights } from "./eval-models.js";

/** What of a run is tested. */
interface Subject {
  /** As one would type it. */
  readonly run: string;
  /** `student`; of several, `mean-logits of member-1, member-2`. */
  readonly model: string;
  readonly roles: readonly string[];
  /** `null` where one model is tested. */
  readonly ensembler: string | null;
}

/** How it was tested, and what came of it. */
export interface TestedRun extends Subject {
  readonly testTime: TestTime | null;
  readonly engine: string;
  readonly measures: AnswerMeasures;
  /** The other metrics of the stage, by name. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly teacher: TeacherAgreement | null;
  /** What a calibrated model answers where it may be silent; `null` of one that is not, and among some of its classes. */
  readonly calibrated: { readonly temperature: number; readonly error: number; readonly coverage: Coverage } | null;
  /** What an ensembler gives in the place of logits. */
  readonly gives: Ensembler["gives"];
  /** `[images]`: positions of the true classes, and of those that were answered. */
  readonly labels: readonly number[];
  readonly answers: readonly number[];
}

/** A run with its data open and its models chosen; nothing is computed yet. */
export interface OpenedRun extends Subject {
  readonly models: readonly FoundModel[];
  modelOf(found: FoundModel): Model;
  readonly composed: Run;
  /** Of the stage whose images are tested, as it looks at them. */
  readonly training: Training;
  /** Those that are tested, in label order. */
  readonly classes: readonly string[];
  /** What is tested, whole. */
  readonly source: Source;
  readonly split: Split;
  /** @param onScores told what was answered, batch by batch, with the source that the positions are of */
  test(onScores?: (scores: Scores, source: TestedSource) => void): Promise<TestedRun>;
  close(): Promise<void>;
}

interface Opening {
  /** For a run whose data has no such split. */
  readonly remedy?: string;
  /** What else of its models shall be there to be asked. Default: none. */
  others?(preset: Preset): readonly FoundModel[];
}

/**
 * @throws what choosing and opening a run throws
 */
export async function openRun(
  place: string,
  given: EvalArguments,
  environment: Environment,
  { remedy, others = () => [] }: Opening = {},
): Promise<OpenedRun & { readonly chosen: ChosenAgain }> {
  const { cwd } = environment;
  const found = evalPlace(place, cwd);
  const folder = await openRunFolder(found.folder);
  const chosen = await chooseAgain(folder, environment, { ...(given.trust && { trust: true }) });
  const { differences, notices } = chosen.others;
  for (const words of [...differences.map((one) => `${one}.`), ...notices]) lineLogger(environment).warn(words);
  const models = modelsToTest(found, given.role);
  const teacher = given.teacher === false ? undefined : teacherOf(found, models, chosen);
  const asked = [...models, ...(teacher ? [teacher] : [])];
  const more = others(chosen.preset).filter(({ role }) => !asked.some((one) => one.role === role));
  const run = await composed(chosen, [...asked, ...more], given, environment);
  try {
    checkClasses(run, folder.readManifest()?.classes ?? run.classes, given.data ?? folder.path);
    const name = shortPath(found.folder, cwd);
    const start = () => startChosenEngine(run.config.run.engine, run.engines);
    // Each has the weights of its file, whichever view that is.
    const modelOf = ({ role }: FoundModel) => run.models.get(role);
    const opened = lookAt(run, { name, models, teacher, given, start, modelOf, ...(remedy && { remedy }) });
    tellTrainedOn(given, chosen, opened.source, cwd, lineLogger(environment));
    return { ...opened, chosen };
  } catch (error) {
    await run.close();
    throw error;
  }
}

/** Of a run that is composed: which of its models are tested, and how they are had. */
interface Looked {
  /** As one would type it. */
  readonly name: string;
  readonly models: readonly FoundModel[];
  readonly teacher: FoundModel | undefined;
  readonly given: EvalArguments;
  /** @returns the engine that computes */
  start(): Promise<{ readonly name: string }>;
  modelOf(found: FoundModel): Model;
  /** For a run whose data has no such split. */
  readonly remedy?: string;
}

/** @throws FGKD_NO_DATA, FGKD_INVALID_CONFIG where there is no image to test on, FGKD_UNKNOWN_NAME for classes that it does not have */
export function lookAt(run: Run, looked: Looked): OpenedRun {
  const { name, models, teacher, given, start, modelOf } = looked;
  const { split = "test" } = given;
  const training = stageOf(run, models.at(-1)?.role);
  const source = run.source(training.stage);
  if (countIn(source, split) === 0) throw noImages(training.stage, split, looked.remedy);
  const kept = classesAsked(given.onlyClasses, run.classes);
  const subject = subjectOf(name, models, given);
  let isOpen = true;
  return {
    ...subject,
    models,
    modelOf,
    composed: run,
    training,
    classes: kept?.map((label) => run.classes[label] as string) ?? run.classes,
    source,
    split,
    test: async (onScores = () => {}) => {
      const engine = await start();
      const asked = { run, source: kept ? onlyClasses(source, kept) : source, kept, split, given, modelOf };
      const tested = await testModels(models, asked, onScores);
      return {
        ...subject,
        engine: engine.name,
        ...tested,
        teacher: teacher ? await teacherAgreement(teacher, tested.answers, asked) : null,
      };
    },
    close: async () => {
      if (isOpen) await run.close();
      isOpen = false;
    },
  };
}

function composed(chosen: ChosenAgain, models: readonly FoundModel[], given: EvalArguments, environment: Environment) {
  const logger = lineLogger(environment);
  const weights = Object.fromEntries(models.map(({ role, file }) => [role, { weights: file }]));
  const own = { origin: "fgkd eval", config: { models: { ...withoutWeights(chosen), ...weights } } };
  return createRun({
    preset: chosen.preset,
    layers: [...chosen.layers, own, ...evalDataLayers(given, environment.cwd), ...engineLayers(given)],
    plugins: chosen.plugins,
    logger,
    hub: shownHub(environment, logger),
    ...(chosen.request.commits && { commits: chosen.request.commits }),
    trains: false,
  });
}

function subjectOf(run: string, models: readonly FoundModel[], { ensembler }: EvalArguments): Subject {
  const names = models.map(({ name }) => name).join(", ");
  const merged = models.length > 1;
  return {
    run,
    model: merged ? `${ensembler} of ${names}` : names,
    roles: models.map(({ role }) => role),
    ensembler: merged ? ensembler : null,
  };
}

function noImages(stage: string, split: Split, remedy = "Name another --split, or data that has this one."): Error {
  if (split === "test") return noData(stage);
  return invalidConfig(`stage "${stage}"`, `its data has no ${split} split`, remedy);
}

function checkClasses(run: Run, classes: readonly string[], data: string): void {
  // Older runs kept names as the disk had them; one name may be composed in two ways.
  const composed = (name: string) => name.normalize("NFC");
  const [found, expected] = [run.classes.map(composed), classes.map(composed)];
  if (JSON.stringify(found) === JSON.stringify(expected)) return;
  const unknown = found.filter((name) => !expected.includes(name));
  const missing = expected.filter((name) => !found.includes(name));
  const problem = [
    ...(unknown.length > 0 ? [`has classes the model does not know (${namedList(unknown, 5)})`] : []),
    ...(missing.length > 0 ? [`lacks classes of the model (${namedList(missing, 5)})`] : []),
  ].join(" and ");
  throw invalidData(
    data,
    problem || "has the model's classes in another order",
    "Give data with the classes the model was trained on.",
  );
}
