/** `fgkd eval RUN`: how good an exported model is on a split, class by class. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import * as tf from "@tensorflow/tfjs";
import {
  type Batch,
  chooseMetrics,
  countIn,
  createRun,
  type Evaluation,
  evaluate,
  invalidConfig,
  invalidData,
  isNamed,
  type Metric,
  named,
  namedList,
  need,
  noData,
  openRunFolder,
  type Predict,
  type Preset,
  pathProblem,
  presetLayers,
  type Run,
  resolveConfig,
  type SettingsLayer,
  type Split,
  shellWord,
  startChosenEngine,
  type TestViews,
  type Training,
  testViews,
  unknownName,
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
  const asked = given.role?.split(",") ?? usualRoles(chosen.preset);
  const roles = asked.map((name) => name.split("@")[0] as string);
  const exported = asked.map((name) => exportedAs(name, chosen));
  const files = await Promise.all(exported.map((name) => exportedModel(folder.path, name)));
  const tested = Object.fromEntries(roles.map((role, index) => [role, { weights: files[index] as string }]));
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
    const found = await evaluate(prediction(run, roles, given.ensembler, views), source, options);
    const who = exported.length === 1 ? exported[0] : `${given.ensembler} of ${exported.join(", ")}`;
    const how = testTime ? `, ${testTime}` : "";
    show(found, split, `${who} of ${shortPath(folder.path, cwd)}${how}, engine ${engine.name}`, environment);
    return 0;
  } finally {
    await run.close();
  }
}

/** The student, or, where none is trained, all that are: an ensemble. */
function usualRoles({ stages }: Preset): readonly string[] {
  const trained = [...new Set(Object.values(stages).map(({ trains }) => trains))];
  return trained.includes("student") ? ["student"] : trained;
}

/** Views are averaged model by model: what an ensembler makes of several need not be logits. */
function prediction(run: Run, roles: readonly string[], ensembler: string, { answer }: TestViews): Predict {
  const [first, ...others] = roles.map((role) => ({ role, model: run.models.get(role) }));
  const logits = (batch: Batch, { role, model }: NonNullable<typeof first>) =>
    answer((seen) => tf.tidy(() => need({ logits: model.forward(seen, "eval").logits }, "logits", role)))(batch);
  // There is one role at least.
  const known = first as NonNullable<typeof first>;
  if (others.length === 0) return (batch) => logits(batch, known);
  const merge = (run.stages[0] as Training).ensemblers.choose({ name: ensembler });
  return (batch) => merge([known, ...others].map((member) => logits(batch, member)));
}

/**
 * What the file of a role is called, or of a view of it: `student@ema`. Without a word on that, the weights that the run's own
 * tests saw.
 */
function exportedAs(name: string, { preset, layers }: Pick<ChosenRun, "preset" | "layers">): string {
  const [role = name, given] = name.split("@");
  const { stages } = resolveConfig(Object.keys(preset.stages), [...presetLayers(preset), ...layers]);
  const trained = Object.entries(preset.stages).findLast(([, { trains }]) => trains === role)?.[0];
  const view = given ?? (trained === undefined ? "raw" : stages[trained]?.evaluation.weights) ?? "raw";
  return view === "raw" ? role : `${role}-${view}`;
}

/** Where a run keeps the model of a role. @throws FGKD_PATH when it keeps none */
async function exportedModel(path: string, role: string): Promise<string> {
  const models = join(path, "models");
  const files = await readdir(models).catch(() => [] as string[]);
  if (files.includes(`${role}.safetensors`)) return join(models, `${role}.safetensors`);
  const roles = files.map((file) => file.replace(/\.safetensors$/, ""));
  // While a run goes on it holds the models of the stages that have ended.
  const ended = existsSync(join(path, "result.json"));
  if (roles.length > 0 && ended) throw unknownName("model role", role, roles, "Name one of them with --role.");
  if (roles.length > 0)
    throw pathProblem(
      models,
      `holds ${roles.join(", ")}, and no ${role} yet; the run has not ended`,
      `Finish it with --resume ${shellWord(path)}, or name another with --role.`,
    );
  throw pathProblem(models, "holds no model; the run has not ended", `Finish it with --resume ${shellWord(path)}.`);
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
