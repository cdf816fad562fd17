/** `fgkd eval RUN…`: how good the models of finished runs are on a split, and whether one is better than another. */
import type { EvalArguments } from "../arguments.js";
import { type Environment, print } from "../environment.js";
import { showRuns } from "./eval-beside.js";
import { checkSameTest } from "./eval-compare.js";
import { type CsvFile, createCsv } from "./eval-csv.js";
import { evalJson } from "./eval-json.js";
import { type OpenedRun, openRun, type TestedRun } from "./eval-run.js";
import { checkTables, showTables } from "./eval-tables.js";
import { showRun } from "./eval-text.js";

/** @returns the exit code */
export async function evalCommand(
  places: readonly string[],
  given: EvalArguments,
  environment: Environment,
): Promise<number> {
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
