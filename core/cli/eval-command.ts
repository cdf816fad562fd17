/** `fgkd eval RUN`: how good an exported model is, class by class. */
import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import * as tf from "@tensorflow/tfjs";
import {
  type Batch,
  createRun,
  type Evaluation,
  evaluate,
  invalidData,
  need,
  noData,
  openRunFolder,
  type Preset,
  pathProblem,
  type Run,
  type SettingsLayer,
  type Training,
  unknownName,
} from "../index.js";
import type { EvalArguments } from "./arguments.js";
import { chooseAgain } from "./choose-run.js";
import { startEngine } from "./engine.js";
import { colorsOf, type Environment, lineLogger, print } from "./environment.js";
import { dataLayer, engineLayers } from "./layers.js";
import { shortPath } from "./run-place.js";
import { table } from "./tables.js";
import { count, percent } from "./text.js";

/** @returns the exit code */
export async function evalCommand(place: string, given: EvalArguments, environment: Environment): Promise<number> {
  const { cwd } = environment;
  const folder = await openRunFolder(resolve(cwd, place));
  const chosen = await chooseAgain(folder.request, environment);
  const roles = given.role?.split(",") ?? usualRoles(chosen.preset);
  const files = await Promise.all(roles.map((role) => exportedModel(folder.path, role)));
  const weights = Object.fromEntries(roles.map((role, index) => [role, { weights: files[index] as string }]));
  const run = await createRun({
    preset: chosen.preset,
    layers: [...chosen.layers, ...evalLayers(weights, given, cwd)],
    plugins: chosen.plugins,
    logger: lineLogger(environment),
  });
  try {
    checkClasses(run, folder.readManifest()?.classes ?? run.classes, given.data ?? folder.path);
    const { stage, batchSize, input } = stageOf(run, roles.at(-1) as string);
    const source = run.source(stage);
    if (source.count("test") === 0) throw noData(stage);
    const engine = await startEngine(run.config.run.engine, run.engines);
    const found = await evaluate(prediction(run, roles, given.ensembler), source, { batchSize, input });
    const who = roles.length === 1 ? roles[0] : `${given.ensembler} of ${roles.join(", ")}`;
    show(found, `${who} of ${shortPath(folder.path, cwd)}, engine ${engine.name}`, environment);
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

function prediction(run: Run, roles: readonly string[], ensembler: string): Parameters<typeof evaluate>[0] {
  const [first, ...others] = roles.map((role) => ({ role, model: run.models.get(role) }));
  const logits = (batch: Batch, { role, model }: NonNullable<typeof first>) =>
    tf.tidy(() => need({ logits: model.forward(batch, "eval").logits }, "logits", role));
  // There is one role at least.
  const known = first as NonNullable<typeof first>;
  if (others.length === 0) return (batch) => logits(batch, known);
  const merge = (run.stages[0] as Training).ensemblers.choose({ name: ensembler });
  return (batch) => merge([known, ...others].map((member) => logits(batch, member)));
}

/** Where a run keeps the model of a role. @throws FGKD_PATH when it keeps none */
async function exportedModel(path: string, role: string): Promise<string> {
  const models = join(path, "models");
  const files = await readdir(models).catch(() => [] as string[]);
  if (files.includes(`${role}.safetensors`)) return join(models, `${role}.safetensors`);
  const roles = files.map((file) => file.replace(/\.safetensors$/, ""));
  if (roles.length > 0) throw unknownName("model role", role, roles);
  throw pathProblem(models, "holds no model; the run has not ended", `Finish it with --resume ${path}.`);
}

function evalLayers(models: NonNullable<SettingsLayer["config"]["models"]>, given: EvalArguments, cwd: string) {
  return [
    { origin: "fgkd eval", config: { models } },
    ...(given.data === undefined ? [] : [dataLayer(given.data, cwd)]),
    ...engineLayers(given),
  ];
}

/** Where the model's images come from: the stage that trained it, or else the last. */
function stageOf(run: Run, role: string) {
  const trained = run.stages.findLast(({ stage }) => run.preset.stages[stage]?.trains === role) ?? run.stages.at(-1);
  if (!trained) throw pathProblem("fgkd eval", "the run has no stage that is enabled", "Give another run.");
  return { stage: trained.stage, batchSize: trained.config.batchSize, input: trained.config.input };
}

function checkClasses(run: Run, expected: readonly string[], data: string): void {
  if (JSON.stringify(run.classes) === JSON.stringify(expected)) return;
  const unknown = run.classes.filter((name) => !expected.includes(name));
  const missing = expected.filter((name) => !run.classes.includes(name));
  const problem = [
    ...(unknown.length > 0 ? [`has classes the model does not know (${unknown.slice(0, 5).join(", ")})`] : []),
    ...(missing.length > 0 ? [`lacks classes of the model (${missing.slice(0, 5).join(", ")})`] : []),
  ].join(" and ");
  throw invalidData(
    data,
    problem || "has the model's classes in another order",
    "Give data with the classes the model was trained on.",
  );
}

function show({ accuracy, images, perClass }: Evaluation, what: string, environment: Environment): void {
  const { stdout, variables } = environment;
  const colors = colorsOf(stdout, variables);
  print(environment, `${colors.bold(percent(accuracy))} of ${count(images, "test image")} right: ${what}`);
  print(environment);
  const columns = [
    { head: "class" },
    { head: "images", align: "right" },
    { head: "right", align: "right" },
    { head: "accuracy", align: "right" },
  ] as const;
  const rows = perClass.map(({ name, images, correct }) => [
    name,
    String(images),
    String(correct),
    percent(images === 0 ? null : (100 * correct) / images),
  ]);
  print(environment, table(columns, rows, stdout, variables));
}
