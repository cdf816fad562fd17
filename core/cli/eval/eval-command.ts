/** `fgkd eval RUN…`: how good the models of finished runs are on a split, and whether one is better than another. */

import { Option } from "commander";
import { splits } from "../../index.js";
import type { EvalArguments } from "../arguments.js";
import { collect, type Declaring, withModelOptions } from "../declaring.js";
import { type Environment, print } from "../environment.js";
import { showRuns } from "./eval-beside.js";
import { checkSameTest } from "./eval-compare.js";
import { type CsvFile, createCsv } from "./eval-csv.js";
import { evalJson } from "./eval-json.js";
import { type OpenedRun, openRun, type TestedRun } from "./eval-run.js";
import { checkTables, showTables } from "./eval-tables.js";
import { showRun } from "./eval-text.js";

/** @returns the exit code */
async function evalCommand(places: readonly string[], given: EvalArguments, environment: Environment): Promise<number> {
  const opened: OpenedRun[] = [];
  try {
    for (const place of places) opened.push(await openRun(place, given, environment));
    checkSameTest(opened);
    const [{ split, classes }] = opened as [OpenedRun];
    checkTables(given, classes);
    const csv = given.csv === undefined ? undefined : createCsv(given.csv, environment.cwd);
    const tested = await testAll(opened, csv);
    const subject = { split, classes, onlyClasses: given.onlyClasses !== undefined };
    if (given.json) {
      print(environment, evalJson(subject, tested));
      return 0;
    }
    const [only, ...others] = tested as [TestedRun];
    if (others.length === 0) showRun(only, subject, environment);
    else showRuns(tested, subject, environment);
    for (const run of tested) showTables(run, given, tested.length > 1, environment);
    return 0;
  } finally {
    for (const run of opened) await run.close();
  }
}

/** One after the other, each closed before the next is begun: their models need not fit into memory together. */
async function testAll(opened: readonly OpenedRun[], csv: CsvFile | undefined): Promise<readonly TestedRun[]> {
  const tested: TestedRun[] = [];
  try {
    for (const run of opened) {
      tested.push(await run.test(csv && ((scores, source) => csv.add(run, scores, source))));
      await run.close();
    }
    csv?.close(true);
    return tested;
  } catch (error) {
    csv?.close(false);
    throw error;
  }
}

/** Its words and options. */
export function declareEval({ command, run, environment }: Declaring): void {
  withModelOptions(command("eval <runs...>", "test the models of finished runs, and set several beside each other"))
    .addOption(new Option("--split <split>", "on which images (default: test)").choices(splits))
    .option("-d, --data <place>", "test on other images of the same classes")
    .option("--only-classes <names>", "images of these classes, and answers among them, alone; with commas", collect)
    .option("--per-class", "a table of the classes, the worst first")
    .option("--confusion", "a table of what is answered for what, of at most 30 classes")
    .option("--reliability", "a table of how often the model is right where it is how sure")
    .option("--json", "everything that was measured, as JSON")
    .option("--csv <file>", "write a line for each image: its class, the answer, the five likeliest")
    .option("--no-teacher", "do not ask the run's teacher, whose answers are compared")
    .action((places: readonly string[], given: EvalArguments) => run(evalCommand(places, given, environment)));
}
