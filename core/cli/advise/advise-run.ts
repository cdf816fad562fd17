/** What is measured of a run for advice on it: models asked that are worth holding against each other, and what its folder has. */
import {
  type Advice,
  adviseRun,
  type ClassFacts,
  type Contestant,
  countIn,
  type FoundModel,
  inputOf,
  isBalanced,
  measurePictures,
  type ReportedRun,
  type RunFacts,
  type Source,
  type Split,
  type StageFacts,
} from "../../index.js";
import { testModels } from "../eval/eval-answers.js";
import type { OpenedRun, TestedRun } from "../eval/eval-run.js";
import { type Companion, companionsIn, worthAsking } from "./advise-models.js";

/** A run whose models can be asked, and the test that it has had already. */
export interface AdvisedRun {
  readonly folder: string;
  readonly reported: ReportedRun;
  readonly opened: OpenedRun;
  readonly tested: TestedRun;
}

/** Sentences on a run that has ended; none on other images than those of its tests. */
export async function adviceOn(run: AdvisedRun): Promise<readonly Advice[]> {
  if (run.opened.split !== "test") return [];
  const companions = companionsIn(run.folder, run.reported.name, run.opened.composed.preset);
  const worth = worthAsking(companions.map(({ contestant }) => contestant));
  return adviseRun(await factsOf(run, companions, worth));
}

/**
 * Of a run by itself, with the answers of those of its models that are worth asking.
 *
 * @throws what opening a model throws
 */
export async function factsOf(
  { reported, opened, tested }: AdvisedRun,
  companions: readonly Companion[],
  worth: ReturnType<typeof worthAsking>,
): Promise<RunFacts> {
  const { source } = opened;
  const hasTrain = countIn(source, "train") > 0;
  const contestants: Contestant[] = [];
  let trainLabels: readonly number[] = [];
  for (const { found, contestant } of companions.filter(({ contestant }) => worth.test.has(contestant))) {
    const test = isTested(found, tested) ? tested.answers : (await answersOf(found, opened, "test")).answers;
    const train = worth.train.has(contestant) && hasTrain ? await answersOf(found, opened, "train") : null;
    trainLabels = train?.labels ?? trainLabels;
    contestants.push({ ...contestant, test, train: train?.answers ?? null });
  }
  return {
    contestants,
    labels: tested.labels,
    trainLabels,
    stages: stagesOf(reported, opened),
    classes: classesOf(source, tested),
    isBalanced: opened.models.some(isBalanced),
    pictures: await measurePictures(source),
    inputs: opened.models.flatMap((found) => inputOf(found) ?? []),
  };
}

/** Whether the test that there is was of this model alone, in the way in which its own run tests it. */
function isTested({ name, role }: FoundModel, { roles, model }: TestedRun): boolean {
  return roles.length === 1 && roles[0] === role && model === name;
}

async function answersOf(found: FoundModel, { composed, source, modelOf }: OpenedRun, split: Split) {
  const given = { ensembler: "mean-logits", uncalibrated: true };
  return testModels([found], { run: composed, source, kept: undefined, split, given, modelOf });
}

function classesOf(source: Source, { measures }: TestedRun): readonly ClassFacts[] | null {
  const counts = source.classCounts?.("train");
  if (!counts || counts.every((images) => images === 0)) return null;
  return measures.perClass.map(({ name, right, images }, label) => ({
    name,
    train: counts[label] ?? 0,
    tested: { right, images },
  }));
}

/** Of stages that learn from images: a generator's loss goes its own way. */
function stagesOf({ history, stages, manifest }: ReportedRun, { composed }: OpenedRun): readonly StageFacts[] {
  return composed.stages.flatMap(({ stage, config }) => {
    const result = stages.find((one) => one.stage === stage);
    if (!result || composed.preset.stages[stage]?.data === "none") return [];
    const source = composed.source(stage);
    const split = result.split ?? "test";
    const images = countIn(source, split);
    const counts = source.classCounts?.(split) ?? [];
    return [
      {
        stage,
        title: result.title,
        preset: composed.preset.name,
        classes: source.classes.length,
        learningRate: config.optimizer.learningRate,
        steps: (manifest?.images[stage] ?? 0) / config.batchSize,
        history: history.filter((summary) => summary.stage === stage),
        images,
        majority: images > 0 && counts.length > 0 ? (100 * Math.max(...counts)) / images : 100 / source.classes.length,
      },
    ];
  });
}
