/** `fgkd predict MODEL IMAGES…`: what trained models see on images. */

import { resolve } from "node:path";
import { Option } from "commander";
import { invalidConfig, type LoadedModel, loadModel, named } from "../../index.js";
import type { PredictArguments } from "../arguments.js";
import { type Declaring, withModelOptions } from "../declaring.js";
import { type Environment, lineLogger } from "../environment.js";
import { engineAsked, imagesAt, pluginsFor } from "../model-command.js";
import { whole } from "../settings/option-values.js";
import { count } from "../terminal/text.js";
import { createWriter, type Writer } from "../terminal/writer.js";
import { predictionsBegin, predictionText } from "./prediction-text.js";

/** As shells count that nobody reads the output any more. */
export const unheard = 141;

/** @returns the exit code */
async function predictCommand(
  place: string,
  images: readonly string[],
  given: PredictArguments,
  environment: Environment,
): Promise<number> {
  const { cwd } = environment;
  const { role, ensembler, tta, batchSize } = given;
  const path = resolve(cwd, place);
  const model = await loadModel(path, {
    roles: role?.split(","),
    ensembler: { name: ensembler },
    testTime: tta === "none" ? null : tta,
    batchSize,
    calibrated: given.uncalibrated !== true,
    engine: engineAsked(given),
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
    for await (const name of imagesAt(places, environment, tell)) {
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

/** Its words and options. */
export function declarePredict({ command, run, environment }: Declaring): void {
  withModelOptions(command("predict", "tell what a trained model sees on images"))
    .argument("<model>", "the folder of a run, or a file of its models/")
    .argument("<images...>", "files, folders, patterns in quotes; - for a list of them on standard input, a line each")
    .option("--top <number>", "guesses an image", whole(1), 5)
    .addOption(new Option("--format <format>", "how they are told").choices(["table", "csv", "jsonl"]).default("table"))
    .option("--batch-size <number>", "images at a time (default: as in the run's tests)", whole(1))
    .action((model: string, images: readonly string[], given: PredictArguments) =>
      run(predictCommand(model, images, given, environment)),
    );
}
