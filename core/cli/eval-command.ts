/** `fgkd eval RUN`: how good an exported model is on a split, class by class. */
import { resolve } from "node:path";
import {
  chooseMetrics,
  countIn,
  createRun,
  type Evaluation,
  evaluate,
  findModels,
  invalidConfig,
  invalidData,
  isNamed,
  type Metric,
  mergedPrediction,
  named,
  namedList,
  noData,
  openRunFolder,
  pathProblem,
  presetLayers,
  type Run,
  resolveConfig,
  type SettingsLayer,
  type Split,
  startChosenEngine,
  type Training,
  testViews,
} from "../index.js";
import type { EvalArguments } from "./arguments.js";
import { type ChosenRun, chooseAgain } from "./choose-run.js";
import { colorsOf, type Environment, lineLogger, print } from "./environment.js";
import { evalDataLayers, tellTrainedOn } from "./eval-data.js";
import { shownHub } from "./fetching.js";
import { engineLayers } from "./layers.js";
import { shortPath } from "./run-place.js";
import { table } from "./tables.js";
import { count, inWords, number, percent } from "./text.js";

/** @returns the exit code */
export async function evalCommand(place: string, given: EvalArguments, environment: Environment): Promise<number> {
  const { cwd } = environment;
  const folder = await openRunFolder(resolve(cwd, place));
  const chosen = await chooseAgain(folder, environment, { ...(given.trust && { trust: true }) });
  const { differences, notices } = chosen.others;
  for (const words of [...differences.map((one) => `${one}.`), ...notices]) lineLogger(environment).warn(words);
  const models = findModels(folder.path, given.role?.split(","));
  const roles = models.map(({ role }) => role);
  const tested = Object.fromEntries(models.map(({ role, file }) => [role, { weights: file }]));
  const weights = { ...withoutWeights(chosen), ...tested };
  const run = await createRun({
    preset: chosen.preset,
    layers: [...chosen.layers, ...evalLayers(weights, given, cwd)],
    plugins: chosen.plugins,
    logger: lineLogger(environment),
    hub: shownHub(environment, lineLogger(environment)),
    ...(chosen.request.commits && { commits: chosen.request.commits }),
    trains: false,
  });
  try {
    checkClasses(run, folder.readManifest()?.classes ?? run.classes, given.data ?? folder.path);
    const { training, batchSize, testTime, views } = stageOf(run, roles.at(-1) as string, given);
    const { split = "test" } = given;
    const source = run.source(training.stage);
    if (countIn(source, split) === 0) throw noImages(training.stage, split);
    tellTrainedOn(given, chosen, source, cwd, lineLogger(environment));
    const engine = await startChosenEngine(run.config.run.engine, run.engines);
    const options = { split, batchSize, input: views.input, metrics: metricsOf(training, roles) };
    const members = roles.map((role) => ({ role, model: run.models.get(role) }));
    const merge = members.length > 1 ? training.ensemblers.choose({ name: given.ensembler }) : undefined;
    const found = await evaluate(mergedPrediction(members, views, merge), source, options);
    const names = models.map(({ name }) => name).join(", ");
    const who = models.length === 1 ? names : `${given.ensembler} of ${names}`;
    const how = testTime ? `, ${testTime}` : "";
    show(found, split, `${who} of ${shortPath(folder.path, cwd)}${how}, engine ${engine.name}`, environment);
    return 0;
  } finally {
    await run.close();
  }
}

/** What is not tested needs nothing from elsewhere. */
function withoutWeights({ preset, layers }: Pick<ChosenRun, "preset" | "layers">) {
  const { run } = resolveConfig(Object.keys(preset.stages), [...presetLayers(preset), ...layers]);
  const named = Object.entries(run.models).filter(([, { weights }]) => weights && isNamed(weights));
  return Object.fromEntries(named.map(([role]) => [role, { weights: null }]));
}

function evalLayers(models: NonNullable<SettingsLayer["config"]["models"]>, given: EvalArguments, cwd: string) {
  return [{ origin: "fgkd eval", config: { models } }, ...evalDataLayers(given, cwd), ...engineLayers(given)];
}

/** Where the model's images come from, and how they are looked at: as the stage that trained it does, or else the last. */
function stageOf(run: Run, role: string, { tta }: EvalArguments) {
  const trained = run.stages.findLast(({ stage }) => run.preset.stages[stage]?.trains === role) ?? run.stages.at(-1);
  if (!trained) throw pathProblem("fgkd eval", "the run has no stage that is enabled", "Give another run.");
  const { batchSize, input, evaluation } = trained.config;
  const testTime = tta === undefined ? evaluation.testTime : tta === "none" ? null : tta;
  return { training: trained, batchSize, testTime, views: testViews(testTime, input, "fgkd eval") };
}

/** Those of the stage; of several models, whose merged scores need not be logits, accuracy alone. */
function metricsOf({ metrics, config }: Training, roles: readonly string[]): readonly Metric[] {
  return [chooseMetrics(metrics, roles.length === 1 ? config.evaluation.metrics : [{ name: "top-1" }])];
}

function noImages(stage: string, split: Split): Error {
  if (split === "test") return noData(stage);
  const remedy = "Name another --split, or data that has this one.";
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

function show(found: Evaluation, split: Split, what: string, environment: Environment): void {
  const { accuracy, images, perClass, metrics } = found;
  const { stdout, variables } = environment;
  const colors = colorsOf(stdout, variables);
  print(environment, `${colors.bold(percent(accuracy))} of ${count(images, `${split} image`)} right: ${what}`);
  const others = Object.entries(metrics).filter(([name, value]) => name !== "accuracy" && Number.isFinite(value));
  for (const [name, value] of others) print(environment, `${inWords(name).replace("/", ", ")}: ${number(value)}`);
  print(environment);
  const columns = [
    { head: "class" },
    { head: "images", align: "right" },
    { head: "right", align: "right" },
    { head: "accuracy", align: "right" },
  ] as const;
  const rows = perClass.map(({ name, images, correct }) => [
    named(name),
    String(images),
    String(correct),
    percent(images === 0 ? null : (100 * correct) / images),
  ]);
  print(environment, table(columns, rows, stdout, variables));
}
