/** `fgkd predict MODEL IMAGES…`: what trained models see on images. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import {
  type FgkdError,
  invalidConfig,
  type LoadedModel,
  loadModel,
  named,
  openRunFolder,
  type PluginOption,
} from "../index.js";
import type { PredictArguments } from "./arguments.js";
import { chooseAgain } from "./choose-run.js";
import { type Environment, lineLogger } from "./environment.js";
import { predictionsBegin, predictionText } from "./prediction-text.js";
import { pluginsHere } from "./project.js";
import { count } from "./text.js";
import { createWriter, type Writer } from "./writer.js";

/** As shells count that nobody reads the output any more. */
const unheard = 141;

/** @returns the exit code */
export async function predictCommand(
  place: string,
  images: readonly string[],
  given: PredictArguments,
  environment: Environment,
): Promise<number> {
  const { cwd } = environment;
  const { role, ensembler, tta, batchSize, engine: name, threads } = given;
  const path = resolve(cwd, place);
  const engine = { ...(name !== undefined && { name }), ...(threads !== undefined && { threads }) };
  const model = await loadModel(path, {
    roles: role?.split(","),
    ensembler: { name: ensembler },
    testTime: tta === "none" ? null : tta,
    batchSize,
    calibrated: given.uncalibrated !== true,
    engine: Object.keys(engine).length > 0 ? engine : undefined,
    plugins: await pluginsFor(path, given, environment),
    logger: lineLogger(environment),
  });
  const writer = createWriter(environment);
  try {
    return await predictAll(model, images, writer, given, environment);
  } finally {
    writer.close();
    await model.dispose();
  }
}

async function predictAll(
  model: LoadedModel,
  places: readonly string[],
  { write }: Writer,
  { top, format }: PredictArguments,
  environment: Environment,
): Promise<number> {
  const { cwd } = environment;
  const { warn } = lineLogger(environment);
  const names: string[] = [];
  let [seen, problems] = [0, 0];
  const tell = (problem: string) => {
    problems += 1;
    warn(problem);
  };
  async function* paths() {
    for await (const name of imagesAt(places, environment, ({ code, message }) =>
      tell(message.slice(code.length + 1)),
    )) {
      names.push(name);
      yield resolve(cwd, name);
    }
  }
  const isCalibrated = model.calibration !== null;
  if (!(await write(predictionsBegin(format, isCalibrated)))) return unheard;
  for await (const { guesses, answer, problem } of model.stream(paths(), { top })) {
    seen += 1;
    // They come in the order in which they were given.
    const name = names.shift() as string;
    if (problem !== undefined) tell(`${named(name)}: ${problem}`);
    else {
      const said = { image: name, ...(isCalibrated && { answer }), guesses };
      if (!(await write(predictionText(format, said, environment)))) return unheard;
    }
  }
  if (seen === 0)
    throw invalidConfig("fgkd predict", "there is no image among what is given", "Name files, folders or patterns.");
  if (problems > 0) warn(`${count(problems, "problem")} among ${count(seen, "image")}: see above.`);
  return problems > 0 ? 1 : 0;
}

/** What the model's network may be made with: of a run, what that was; of a file, what the project has. */
async function pluginsFor(path: string, { trust }: PredictArguments, environment: Environment): Promise<PluginOption> {
  if (!existsSync(join(path, "config.json"))) return pluginsHere(environment);
  const { preset, plugins, others } = await chooseAgain(await openRunFolder(path), environment, {
    ...(trust && { trust }),
  });
  for (const words of [...others.differences.map((one) => `${one}.`), ...others.notices])
    lineLogger(environment).warn(words);
  return [preset.plugins, Object.values(preset.stages).map((stage) => stage.plugins), plugins];
}

type FindImages = (
  place: string,
  options: { readonly from: string; readonly onProblem: (problem: FgkdError) => void },
) => AsyncGenerator<string, void, undefined>;

async function* imagesAt(
  places: readonly string[],
  environment: Environment,
  onProblem: (problem: FgkdError) => void,
): AsyncGenerator<string, void, undefined> {
  const plugins = await environment.load("fgkd/plugins");
  // fgkd's own module.
  const findImages = plugins.findImages as FindImages;
  for (const place of places)
    for await (const each of place === "-" ? linesOf(environment) : [place])
      yield* findImages(each, { from: environment.cwd, onProblem });
}

async function* linesOf({ stdin }: Environment): AsyncGenerator<string, void, undefined> {
  if (!stdin) return;
  for await (const line of createInterface({ input: stdin, crlfDelay: Number.POSITIVE_INFINITY }))
    if (line !== "") yield line;
}
