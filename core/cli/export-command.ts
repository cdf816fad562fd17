/** `fgkd export MODEL --to FORMAT`: a trained model for other software. */
import { resolve } from "node:path";
import { type ExportReport, exportModel, invalidConfig, type Parity } from "../index.js";
import type { ExportArguments } from "./arguments.js";
import { type Environment, lineLogger, print } from "./environment.js";
import { engineAsked, imagesAt, pluginsFor } from "./model-command.js";

/** @returns the exit code */
export async function exportCommand(place: string, given: ExportArguments, environment: Environment): Promise<number> {
  const { cwd } = environment;
  const { to, out, role, precision, data, images: count, unchecked, license } = given;
  const path = resolve(cwd, place);
  const report = await exportModel(path, {
    to,
    from: cwd,
    out,
    role,
    precision,
    images: data === undefined ? undefined : await placesOf(data, count, environment),
    count,
    unchecked,
    license,
    engine: engineAsked(given),
    plugins: await pluginsFor(path, given, environment),
    logger: lineLogger(environment),
  });
  tell(report, environment);
  return 0;
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

function tell({ place, classes, parity, loader }: ExportReport, environment: Environment): void {
  print(environment, `${place}: ${classes.length} classes`);
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
