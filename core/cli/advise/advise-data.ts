/** What is measured before a run: the images, the inputs that they are for, and teachers that may be taken. */
import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  type AskedCandidate,
  askCandidate,
  type Candidate,
  type ClassFacts,
  createTraining,
  type DataFacts,
  type FoundModel,
  findModels,
  type InputFacts,
  inputOf,
  invalidConfig,
  measurePictures,
  named,
  noData,
  type PluginOption,
  presetLayers,
  rankCandidates,
  resolveConfig,
  type Source,
  teacherRole,
} from "../../index.js";
import type { AdviseArguments } from "../arguments.js";
import { type Environment, lineLogger } from "../environment.js";
import { engineAsked, pluginsFor } from "../model-command.js";
import { pluginsHere } from "../project/project.js";
import { dataLayer, setLayers } from "../settings/layers.js";
import { chooseRun } from "../train/choose-run.js";

/** Data as settings choose it, with what reads it. */
interface ChosenData {
  readonly data: { readonly name: string };
  readonly plugins: PluginOption;
  readonly inputs: readonly InputFacts[];
}

export interface AdvisedData extends DataFacts {
  readonly images: number;
}

/**
 * @param place what `--data` would be given; `undefined` for the preset's own
 * @throws what choosing a preset, opening data, and opening a model throw
 */
export async function dataFacts(
  place: string | undefined,
  given: AdviseArguments,
  environment: Environment,
): Promise<AdvisedData> {
  const chosen =
    given.preset === undefined
      ? await fromPlace(place, given, environment)
      : await fromPreset(place, given, environment);
  const source = await createTraining({ plugins: [chosen.plugins], services: { classes: [] } })
    .sources.choose(chosen.data)
    .open();
  try {
    return {
      images: source.count("train"),
      classes: classesOf(source),
      pictures: await measurePictures(source),
      inputs: chosen.inputs,
      candidates: rankCandidates(await askAll(chosen, given, environment)),
    };
  } finally {
    await source.close();
  }
}

async function fromPlace(
  place: string | undefined,
  given: AdviseArguments,
  environment: Environment,
): Promise<ChosenData> {
  const { cwd } = environment;
  if (place === undefined)
    throw invalidConfig("fgkd advise", "neither data nor a preset is named", "Name a folder of images, or a run.");
  const layers = [dataLayer(place, cwd), ...setLayers(given, cwd)];
  const [strange] = layers.flatMap(({ config }) => Object.keys(config).filter((key) => key !== "data"));
  if (strange !== undefined)
    throw invalidConfig(
      "--set",
      `${strange} is no option of the data`,
      "Name the preset that has it, or give data.split=0.3.",
    );
  const data = Object.assign({}, ...layers.map(({ config }) => config.data)) as ChosenData["data"];
  return { data, plugins: await pluginsHere(environment), inputs: [] };
}

async function fromPreset(
  place: string | undefined,
  given: AdviseArguments,
  environment: Environment,
): Promise<ChosenData> {
  const { preset, plugins, layers } = await chooseRun(
    { ...given, ...(place !== undefined && { data: place }) },
    environment,
  );
  const names = Object.keys(preset.stages);
  const { run, stages } = resolveConfig(names, [...presetLayers(preset), ...layers]);
  if (!run.data) throw noData(names[0] ?? preset.name);
  const inputs = names.flatMap((name) => {
    const [role, stage] = [preset.stages[name]?.trains ?? "student", stages[name]];
    return stage?.enabled
      ? [inputOf({ role, name: role, file: "", stage: stage as unknown as Record<string, unknown> })]
      : [];
  });
  const own = Object.values(preset.stages).map((stage) => stage.plugins);
  return {
    data: run.data,
    plugins: [preset.plugins, own, plugins],
    inputs: inputs.filter((input) => input !== null),
  };
}

function classesOf(source: Source): readonly ClassFacts[] | null {
  const counts = source.classCounts?.("train");
  return counts ? source.classes.map((name, label) => ({ name, train: counts[label] ?? 0 })) : null;
}

/** One after the other: they need not fit into memory together. */
async function askAll(
  { data, plugins }: ChosenData,
  given: AdviseArguments,
  environment: Environment,
): Promise<readonly Candidate[]> {
  const logger = lineLogger(environment);
  const asked: Candidate[] = [];
  for (const place of given.teachers ?? []) {
    const candidate = candidateAt(place, environment.cwd);
    // One engine runs for all of them: that of the first.
    const engine = asked.length === 0 ? engineAsked(given) : null;
    const all = [await pluginsFor(resolve(environment.cwd, place), given, environment), plugins];
    asked.push(await askCandidate(candidate, { data, plugins: all, engine, logger }));
  }
  return asked;
}

/** Of a run its teacher, or the model that it has; each by a name that `--teacher` takes. */
function candidateAt(place: string, cwd: string): AskedCandidate {
  const path = resolve(cwd, place);
  const [teacher] = modelsIn(path, [teacherRole]);
  if (teacher) return { place, file: teacher.file };
  const [only, ...others] = findModels(path) as readonly [FoundModel, ...FoundModel[]];
  if (others.length > 0)
    throw invalidConfig(
      "--teachers",
      `${named(place)} has several models`,
      `Name one of them: ${join(named(place), "models", `${only.name}.safetensors`)}.`,
    );
  return { place: only.file === path ? place : join(place, "models", `${only.name}.safetensors`), file: only.file };
}

function modelsIn(path: string, roles: readonly string[]): readonly FoundModel[] {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? findModels(path, roles) : [];
  } catch {
    // It has none of that role: what it has instead is asked for next.
    return [];
  }
}
