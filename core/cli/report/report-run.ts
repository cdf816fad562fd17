/** What a page tells of a run: what its folder has, and what its models answer. */
import {
  countIn,
  type FgkdError,
  type FoundModel,
  findModels,
  keepTold,
  type Logger,
  type ReportedRun,
  type Run,
  type RunFolder,
  readReportedRun,
  reportPage,
  smallMaps,
  smallPictures,
  splits,
  watchAnswers,
  writePage,
} from "../../index.js";
import { type AdvisedRun, adviceOn } from "../advise/advise-run.js";
import type { Environment } from "../environment.js";
import { teacherOf } from "../eval/eval-models.js";
import { lookAt, type OpenedRun, type TestedRun } from "../eval/eval-run.js";
import { listSettings } from "../settings/config-command.js";
import type { ChosenRun } from "../train/choose-run.js";

type DrawMap = Parameters<typeof smallMaps>[3];

/** A run as a page has it, and what its models answered, for comparisons. */
export interface LookedRun {
  readonly reported: ReportedRun;
  readonly tested: TestedRun | null;
}

/** What a run is without any answer, its settings with their origins. */
export function folderOf(
  path: string,
  name: string,
  chosen: Pick<ChosenRun, "preset" | "plugins" | "layers">,
): ReportedRun {
  const { summary } = chosen.preset;
  return {
    ...readReportedRun(path, name),
    preset: { name: chosen.preset.name, summary },
    settings: listSettings(chosen),
  };
}

/**
 * Asks the models of a run, and picks the images that are worth a look.
 *
 * @param folder of the run
 * @param onAdvice told what is advised, before images are picked
 */
export async function withAnswers(
  folder: string,
  reported: ReportedRun,
  opened: OpenedRun,
  { load }: Pick<Environment, "load">,
  onAdvice: (told: ReportedRun) => void = () => {},
): Promise<LookedRun> {
  const watch = watchAnswers();
  const tested = await opened.test((scores) => watch.add(scores));
  const told = await withAdvice({ folder, reported, opened, tested });
  onAdvice(told);
  const { source, split, training, classes } = opened;
  const { batchSize, input } = training.config;
  const shown = { source, split, batchSize, input };
  const model = opened.models.length === 1 ? opened.modelOf(opened.models[0] as FoundModel) : undefined;
  // fgkd's own module.
  const { heatMapOver } = await load("fgkd/plugins");
  const examples = await watch.examples(tested.measures, classes, {
    split,
    about: (_, index) => source.about?.(split, index) ?? {},
    pictures: (indices) => smallPictures(indices, shown),
    // Of several models that are merged each looks elsewhere: fgkd explain shows them side by side.
    ...(model && { maps: (indices) => smallMaps(indices, shown, model, heatMapOver as DrawMap) }),
  });
  const { testTime, measures, teacher } = tested;
  const images = Object.fromEntries(splits.map((each) => [each, countIn(source, each)]));
  return {
    reported: {
      ...told,
      images,
      answers: { model: tested.model, split, testTime, measures, teacher, ...examples },
    },
    tested,
  };
}

/** Where it cannot be had, the page says why: advice is no reason to go without a page. */
async function withAdvice(run: AdvisedRun): Promise<ReportedRun> {
  const { reported } = run;
  try {
    return { ...reported, advice: (await adviceOn(run)).map(({ text }) => text) };
  } catch (error) {
    return { ...reported, missing: [...reported.missing, `No advice is given: ${(error as Error).message}`] };
  }
}

interface AboutRun {
  /** As one would type it. */
  readonly name: string;
  /** That it trained on. */
  readonly engine: string;
  readonly warnings: readonly string[];
  readonly logger: Logger;
  readonly environment: Environment;
}

interface Ended {
  readonly path: string;
  readonly chosen: ChosenRun;
}

/**
 * Writes the page of a run that has just ended, with the models that it still has. What goes wrong is told, and is no failure of the
 * run.
 *
 * @returns the page, `undefined` where there is none; and what is advised on it
 */
export async function reportAtEnd(
  run: Run,
  { path }: Pick<RunFolder, "path">,
  chosen: ChosenRun,
  { name, engine, warnings, logger, environment }: AboutRun,
): Promise<{ readonly page?: string; readonly advice: readonly string[] }> {
  let advice: readonly string[] = [];
  try {
    // Of Linux and macOS alike in kilobytes: Node.js sees to it.
    keepTold(path, { warnings, peakMemory: 1024 * process.resourceUsage().maxRSS });
    const { reported } = await atEnd(run, folderOf(path, name, chosen), { path, chosen, name, engine, environment });
    advice = reported.advice;
    return { page: writePage(path, await reportPage([reported])), advice };
  } catch (error) {
    logger.warn(
      `The page about the run could not be written, and the run is whole without it: ${(error as Error).message}`,
    );
    return { advice };
  }
}

async function atEnd(
  run: Run,
  reported: ReportedRun,
  { path, chosen, name, engine, environment }: Pick<AboutRun, "name" | "engine" | "environment"> & Ended,
): Promise<LookedRun> {
  let known = reported;
  const onAdvice = (told: ReportedRun) => {
    known = told;
  };
  try {
    const models = findModels(path);
    const opened = lookAt(run, {
      name,
      models,
      teacher: teacherOf({ folder: path }, models, chosen),
      given: { ensembler: "mean-logits" },
      start: async () => ({ name: engine }),
      modelOf: ({ role, name: file }) =>
        file === role ? run.models.get(role) : run.models.view(role, file.slice(role.length + 1)),
    });
    return await withAnswers(path, reported, opened, environment, onAdvice);
  } catch (error) {
    return { reported: withoutAnswers(known, error as FgkdError), tested: null };
  }
}

/** Says why. */
export function withoutAnswers(reported: ReportedRun, { message }: Error): ReportedRun {
  return {
    ...reported,
    missing: [
      ...reported.missing,
      `Its models were not asked, so that nothing is told of single classes and images: ${message}`,
    ],
  };
}
