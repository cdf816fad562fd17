/** `fgkd report RUN…`: a page about runs, in one file. */

import { join, resolve } from "node:path";
import { Option } from "commander";
import {
  type Preset,
  pathProblem,
  type ReportedComparison,
  type ReportedRun,
  readReportedRun,
  reportPage,
  splits,
  writePage,
} from "../../index.js";
import { companionsIn } from "../advise/advise-models.js";
import type { ReportArguments } from "../arguments.js";
import { type Declaring, withModelOptions } from "../declaring.js";
import { type Environment, lineLogger, print } from "../environment.js";
import { checkSameTest, compareWithFirst } from "../eval/eval-compare.js";
import { evalPlace } from "../eval/eval-models.js";
import { type OpenedRun, openRun, type TestedRun } from "../eval/eval-run.js";
import { shortPath } from "../train/run-place.js";
import { folderOf, type LookedRun, withAnswers, withoutAnswers } from "./report-run.js";

/** @returns the exit code */
async function reportCommand(
  places: readonly string[],
  given: ReportArguments,
  environment: Environment,
): Promise<number> {
  const { cwd } = environment;
  const folders = places.map((place) => evalPlace(place, cwd).folder);
  const out = given.out === undefined ? undefined : resolve(cwd, given.out);
  if (out !== undefined && !/\.html?$/i.test(out))
    throw pathProblem(given.out ?? "", "is no name of a page", "End it in .html.");
  const looked: LookedRun[] = [];
  const opened: (OpenedRun | null)[] = [];
  for (const place of places) {
    const [run, one] = await lookAtPlace(place, given, environment);
    opened.push(run);
    looked.push(one);
  }
  const [first] = folders as [string];
  const comparisons = places.length > 1 ? compared(opened, looked, environment) : [];
  const page = await reportPage(
    looked.map(({ reported }) => reported),
    comparisons,
  );
  const file = writePage(out ?? (places.length > 1 ? join(first, "comparison.html") : first), page);
  print(environment, `The page is ${shortPath(file, cwd)}.`);
  return 0;
}

/** Its models are tested, and closed before the next run is opened; where they cannot be, its folder tells what it can. */
async function lookAtPlace(
  place: string,
  given: ReportArguments,
  environment: Environment,
): Promise<[OpenedRun | null, LookedRun]> {
  const { folder } = evalPlace(place, environment.cwd);
  const name = shortPath(folder, environment.cwd);
  const plain = readReportedRun(folder, name);
  let reported = plain;
  try {
    const others = (preset: Preset) => companionsIn(folder, name, preset).map(({ found }) => found);
    const opened = await openRun(place, given, environment, { others });
    try {
      // Of a run that is given by one of its models the page is about that one.
      const shown = resolve(environment.cwd, place) === folder ? name : `${name} ${opened.model}`;
      reported = folderOf(folder, shown, opened.chosen);
      const onAdvice = (told: ReportedRun) => {
        reported = told;
      };
      return [opened, await withAnswers(folder, reported, opened, environment, onAdvice)];
    } finally {
      await opened.close();
    }
  } catch (error) {
    const { role, data, split, tta, engine } = given;
    // Who asks for something is told that it cannot be had.
    if ([role, data, split, tta, engine].some((asked) => asked !== undefined)) throw error;
    const { message } = error as Error;
    lineLogger(environment).warn(`${name}: its models are not asked: ${message}`);
    return [null, { reported: withoutAnswers(reported, error as Error), tested: null }];
  }
}

/** Those that were tested on the same images, beside the first of them. */
function compared(
  opened: readonly (OpenedRun | null)[],
  looked: readonly LookedRun[],
  environment: Environment,
): readonly ReportedComparison[] {
  const positions = looked.flatMap(({ tested }, at) => (tested ? [at] : []));
  try {
    checkSameTest(positions.map((at) => opened[at] as OpenedRun));
  } catch (error) {
    lineLogger(environment).warn(`The runs are not compared: ${(error as Error).message}`);
    return [];
  }
  const tested = positions.map((at) => looked[at]?.tested as TestedRun);
  const place = (at: number) => positions[at] as number;
  return compareWithFirst(tested).map((one) => ({ ...one, first: place(one.first), second: place(one.second) }));
}

/** Its words and options. */
export function declareReport({ command, run, environment }: Declaring): void {
  withModelOptions(command("report <runs...>", "write a page about a run, or about several beside each other"))
    .option(
      "-o, --out <file>",
      "the page (default: report.html in the run's folder; of several, comparison.html in the first's)",
    )
    .addOption(new Option("--split <split>", "on which images (default: test)").choices(splits))
    .option("-d, --data <place>", "test on other images of the same classes")
    .option("--no-teacher", "do not ask the run's teacher, whose answers are compared")
    .action((places: readonly string[], given: ReportArguments) => run(reportCommand(places, given, environment)));
}
