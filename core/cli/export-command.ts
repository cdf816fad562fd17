/** `fgkd export MODEL --to FORMAT`: a trained model for other software. */
import { resolve } from "node:path";
import { type ExportReport, exportModel, invalidConfig, type Parity } from "../index.js";
import type { ExportArguments } from "./arguments.js";
import { type Environment, lineLogger, print, type Stop } from "./environment.js";
import { engineAsked, imagesAt, pluginsFor } from "./model-command.js";

/** @returns the exit code */
export async function exportCommand(place: string, given: ExportArguments, environment: Environment): Promise<number> {
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
