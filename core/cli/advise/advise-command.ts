/** `fgkd advise`: what is in the way of a better student, said in a sentence each, only where it was measured. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { Option } from "commander";
import { type Advice, adviseData, adviseRun, invalidConfig, named, type Preset, type RunFacts } from "../../index.js";
import type { AdviseArguments } from "../arguments.js";
import { collect, type Declaring } from "../declaring.js";
import { colorsOf, type Environment, print } from "../environment.js";
import { checkSameTest } from "../eval/eval-compare.js";
import { type OpenedRun, openRun } from "../eval/eval-run.js";
import { folderOf } from "../report/report-run.js";
import { whole } from "../settings/option-values.js";
import { count, visibleJson } from "../terminal/text.js";
import { shortPath } from "../train/run-place.js";
import { type AdvisedData, dataFacts } from "./advise-data.js";
import { type Companion, companionsIn, worthAsking } from "./advise-models.js";
import { factsOf } from "./advise-run.js";
import { candidateTable, showAdvice, textsOf } from "./advise-text.js";

/** @returns the exit code */
async function adviseCommand(
  places: readonly string[],
  given: AdviseArguments,
  environment: Environment,
): Promise<number> {
  const isRun = (place: string) => existsSync(join(resolve(environment.cwd, place), "config.json"));
  const [first, ...others] = places;
  if (first !== undefined && isRun(first)) return onRuns([first, ...others], given, environment);
  if (others.length > 0)
    throw invalidConfig(
      "fgkd advise",
      `${named(first ?? "")} is no run, and ${named(others[0] ?? "")} is named, too`,
      "Name runs, or one place of data.",
    );
  return onData(first, given, environment);
}

async function onData(place: string | undefined, given: AdviseArguments, environment: Environment): Promise<number> {
  const facts = await dataFacts(place, given, environment);
  const advice = adviseData(facts);
  if (given.json) print(environment, visibleJson({ ...documentOf(facts), advice }));
  else {
    const { bold } = colorsOf(environment.stdout, environment.variables);
    const what = named(place ?? `the data of ${given.preset}`);
    print(
      environment,
      `${bold(what)}: ${count(facts.images, "image")} to train on, of ${count(facts.classes?.length ?? 0, "class")}`,
    );
    if (facts.candidates.length > 0) print(environment, `\n${candidateTable(facts.candidates, environment)}`);
    tell(advice, environment);
  }
  return 0;
}

function documentOf({ images, classes, pictures, candidates }: AdvisedData) {
  const teachers = candidates.map(({ place, ratio: { ratio, inverse, standardError }, top1, leftOut }) => ({
    teacher: place,
    ratio,
    inverse,
    standardError,
    top1,
    leftOut,
  }));
  return { images, classes, pictures, teachers };
}

/** A run that is looked at, its data open. */
interface Looked {
  readonly folder: string;
  readonly name: string;
  readonly opened: OpenedRun & Pick<Awaited<ReturnType<typeof openRun>>, "chosen">;
  readonly companions: readonly Companion[];
}

async function onRuns(places: readonly string[], given: AdviseArguments, environment: Environment): Promise<number> {
  const runs: Looked[] = [];
  try {
    for (const place of places) runs.push(await look(place, given, environment, places.length > 1));
    checkSameTest(runs.map(({ opened }) => opened));
    const worth = worthAsking(runs.flatMap(({ companions }) => companions.map(({ contestant }) => contestant)));
    const facts: RunFacts[] = [];
    for (const { folder, name, opened, companions } of runs) {
      const reported = folderOf(folder, name, opened.chosen);
      facts.push(await factsOf({ folder, reported, opened, tested: await opened.test() }, companions, worth));
      await opened.close();
    }
    const advice = adviseRun(together(facts));
    if (given.json) print(environment, visibleJson({ runs: runs.map(({ name }) => name), advice }));
    else {
      const { bold } = colorsOf(environment.stdout, environment.variables);
      print(environment, bold(runs.map(({ name }) => named(name)).join(", ")));
      tell(advice, environment);
    }
    return 0;
  } finally {
    for (const { opened } of runs) await opened.close();
  }
}

async function look(
  place: string,
  given: AdviseArguments,
  environment: Environment,
  isOneOfMany: boolean,
): Promise<Looked> {
  const folder = resolve(environment.cwd, place);
  const name = shortPath(folder, environment.cwd);
  const all = (preset: Preset) => companionsIn(folder, name, preset);
  const asked = { ...given, ensembler: "mean-logits", teacher: false, uncalibrated: true };
  const opened = await openRun(place, asked, environment, {
    others: (preset) => all(preset).map(({ found }) => found),
  });
  // Of several runs each may call its stages as the others do.
  const companions = all(opened.chosen.preset).map(({ found, contestant }) => ({
    found,
    contestant: isOneOfMany ? { ...contestant, name: `${name}: ${contestant.name}` } : contestant,
  }));
  return { folder, name, opened, companions };
}

/** What is of one run alone, of the first; answers on images that were trained on count only where all have the same. */
function together(facts: readonly RunFacts[]): RunFacts {
  const [first, ...others] = facts as readonly [RunFacts, ...RunFacts[]];
  const known = facts.map(({ trainLabels }) => trainLabels).filter(({ length }) => length > 0);
  const isSame = known.every((labels) => JSON.stringify(labels) === JSON.stringify(known[0]));
  const contestants = facts.flatMap((one) => one.contestants);
  return {
    ...first,
    contestants: isSame ? contestants : contestants.map((one) => ({ ...one, train: null })),
    trainLabels: (isSame ? known[0] : undefined) ?? [],
    stages: [...first.stages, ...others.flatMap(({ stages }) => stages)],
  };
}

function tell(advice: readonly Advice[], environment: Environment): void {
  showAdvice(textsOf(advice), environment);
  if (advice.length === 0) print(environment, "\nNothing that was measured calls for advice.");
}

/** Its words and options. */
export function declareAdvise({ command, run, environment }: Declaring): void {
  command("advise", "say what is in the way of a better student, of runs that have ended, or of data before one")
    .argument("[places...]", "runs, the first beside the others; or what --data would be given")
    .option("--teachers <models...>", "compare these for the data: runs, or files of weights of theirs")
    .option("-p, --preset <name>", "whose inputs the images are for, and whose own data counts where none is given")
    .addOption(
      new Option("--scale <scale>", "of the preset (default: demo; with data, paper)").choices(["demo", "paper"]),
    )
    .option("-s, --set <key=value>", "a setting of the preset, or an option of the data; repeatable", collect)
    .option("--json", "everything that was measured, as JSON")
    .option("-e, --engine <name>", "compute engine")
    .option("--threads <number>", "threads of the engine", whole(1))
    .option("--trust", "load code that lies in a run's own folder")
    .action((places: readonly string[], given: AdviseArguments) => run(adviseCommand(places, given, environment)));
}
