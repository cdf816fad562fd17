/** `fgkd export MODEL --to FORMAT`: a trained model for other software. */

import { resolve } from "node:path";
import { Option } from "commander";
import { type ExportReport, exporters, exportModel, invalidConfig, type Parity, precisions } from "../index.js";
import type { ExportArguments } from "./arguments.js";
import type { Declaring } from "./declaring.js";
import { type Environment, lineLogger, print, type Stop } from "./environment.js";
import { engineAsked, imagesAt, pluginsFor } from "./model-command.js";
import { device, whole } from "./settings/option-values.js";

/** @returns the exit code */
async function exportCommand(place: string, given: ExportArguments, environment: Environment): Promise<number> {
  // What is written meanwhile is taken away before the process ends.
  const stopping = new AbortController();
  const stopListening = environment.onStop((stop) => stopping.abort(stop));
  try {
    tell(await exported(place, given, environment, stopping.signal), environment);
    return 0;
  } catch (error) {
    const { aborted, reason } = stopping.signal;
    if (!aborted || error !== reason) throw error;
    return (reason as Stop).exitCode;
  } finally {
    stopListening();
  }
}

async function exported(
  place: string,
  { to, out, role, precision, data, images: count, unchecked, uncalibrated, license, ...given }: ExportArguments,
  environment: Environment,
  signal: AbortSignal,
): Promise<ExportReport> {
  const { cwd } = environment;
  const path = resolve(cwd, place);
  return exportModel(path, {
    to,
    from: cwd,
    out,
    role,
    precision,
    images: data === undefined ? undefined : await placesOf(data, count, environment),
    count,
    unchecked,
    calibrated: uncalibrated !== true,
    license,
    engine: engineAsked(given),
    plugins: await pluginsFor(path, given, environment),
    logger: lineLogger(environment),
    signal,
  });
}

/** As many as are looked at. */
async function placesOf(data: readonly string[], count: number, environment: Environment): Promise<readonly string[]> {
  const { warn } = lineLogger(environment);
  const found: string[] = [];
  for await (const name of imagesAt(data, environment, warn)) {
    found.push(resolve(environment.cwd, name));
    if (found.length === count) break;
  }
  if (found.length === 0)
    throw invalidConfig("fgkd export", "there is no image among what is given", "Name files, folders or patterns.");
  return found;
}

function tell({ place, classes, calibration, parity, loader }: ExportReport, environment: Environment): void {
  const calibrated = calibration ? `, calibrated: temperature ${calibration.temperature.toFixed(2)}` : "";
  print(environment, `${place}: ${classes.length} classes${calibrated}`);
  if (parity) tellParity(parity, environment);
  if (loader !== undefined) print(environment, `\n${loader.trimEnd()}`);
}

function tellParity(parity: Parity, environment: Environment): void {
  const { images, of, difference, relative, agreement } = parity;
  print(
    environment,
    `Compared on ${images} ${of}: logits differ by ${difference.toPrecision(2)} at most, ${relative.toExponential(1)} of their scale; the first class is the same for ${(100 * agreement).toFixed(1)} %.`,
  );
}

/** Its words and options. */
export function declareExport({ command, run, environment }: Declaring): void {
  command("export <model>", "write a trained model for other software: network, weights, class names, preprocessing")
    .addOption(
      new Option("--to <format>", "for which").choices(exporters.map(({ name }) => name)).makeOptionMandatory(),
    )
    .option("-o, --out <place>", "file or folder (default: the model's name, here)")
    .option("--role <role>", "which model of a run (default: student)")
    .addOption(new Option("--precision <bits>", "of its weights").choices(precisions).default("fp32"))
    .option("-d, --data <images...>", "images to compare its answers on (default: the run's test images)")
    .option("--images <number>", "on how many", whole(1), 100)
    .option("--unchecked", "keep it without a comparison, which it then says")
    .option("--uncalibrated", "leave out what fgkd calibrate has found")
    .option("--license <words>", "under which terms it may be used")
    .option("-e, --engine <name>", "compute engine")
    .option("--threads <number>", "threads of the engine", whole(1))
    .option("--device <which>", "GPU of the engine: its number in fgkd doctor, or a part of its name", device)
    .option("--trust", "load code that lies in the run's own folder")
    .action((model: string, given: ExportArguments) => run(exportCommand(model, given, environment)));
}
