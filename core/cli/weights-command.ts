/** `fgkd weights`: what is in a file of weights, which backbone it is of, and the same as safetensors. */

import { resolve } from "node:path";
import { Argument } from "commander";
import {
  convertWeights,
  fitsModel,
  named,
  openTensorFile,
  pathProblem,
  startChosenEngine,
  type TensorFile,
} from "../index.js";
import type { WeightsArguments } from "./arguments.js";
import type { Declaring } from "./declaring.js";
import { colorsOf, type Environment, lineLogger, print } from "./environment.js";
import { projectRegistries } from "./project/project.js";
import { table } from "./terminal/tables.js";
import { count, visibleJson } from "./terminal/text.js";

/** Of more metadata than that, the beginning is shown. */
const longestText = 100;

/** @returns the exit code */
async function weightsCommand(
  action: "inspect" | "convert",
  place: string,
  out: string | undefined,
  { part, json = false }: WeightsArguments,
  environment: Environment,
): Promise<number> {
  const path = resolve(environment.cwd, place);
  if (action === "inspect") {
    const file = openTensorFile(path, { part });
    const fits = await fittingBackbones(path, environment);
    if (json) print(environment, visibleJson(described(file, fits)));
    else show(file, fits, environment);
    return 0;
  }
  if (out === undefined)
    throw pathProblem(place, "has no file to be converted to", "Name one: fgkd weights convert FILE OUT.safetensors.");
  const file = convertWeights(path, resolve(environment.cwd, out), part);
  tell(file, environment);
  print(environment, `${named(out)}: ${total(file)}, from ${file.format}.`);
  return 0;
}

/** Those that can be made by their name alone, and whose weights the file has: no more, and no fewer. */
async function fittingBackbones(path: string, environment: Environment): Promise<readonly string[]> {
  // A classifier for other classes is no difference, but there has to be one.
  const { backbones, engines } = await projectRegistries(environment, ["one", "other"]);
  await startChosenEngine({ name: "cpu" }, engines);
  return backbones.names.filter((name) => fitsModel(path, () => backbones.choose({ name })));
}

function described({ format, entries, metadata, notes }: TensorFile, fits: readonly string[]) {
  return { format, metadata, notes, fits, tensors: Object.fromEntries(entries) };
}

function show(file: TensorFile, fits: readonly string[], environment: Environment): void {
  const { stdout, variables } = environment;
  const rows = [...file.entries].map(([name, { dtype, shape }]) => [named(name), dtype, `[${shape.join(", ")}]`]);
  print(environment, table([{ head: "name" }, { head: "type" }, { head: "shape" }], rows, stdout, variables));
  const { bold } = colorsOf(stdout, variables);
  print(environment);
  for (const [key, text] of Object.entries(file.metadata)) {
    const shown = text.length > longestText ? `${text.slice(0, longestText)}…` : text;
    print(environment, `${bold(named(key))} ${shown.replaceAll("\n", " ")}`);
  }
  tell(file, environment);
  print(environment, `${file.format}: ${total(file)}.`);
  print(environment, `Backbones that it fits: ${fits.length > 0 ? bold(fits.join(", ")) : "none by its name alone"}.`);
}

function tell({ notes }: TensorFile, environment: Environment): void {
  for (const note of notes) lineLogger(environment).info(`Note: ${note}.`);
}

function total({ entries }: TensorFile): string {
  const values = [...entries.values()].reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  return `${count(entries.size, "tensor")}, ${values.toLocaleString("en")} values`;
}

/** Its words and options. */
export function declareWeights({ command, run, environment }: Declaring): void {
  command("weights", "look at a file of weights, or convert it to safetensors")
    .addArgument(new Argument("<action>", "what to do with it").choices(["inspect", "convert"]))
    .argument("<file>", "safetensors, or what torch.save wrote")
    .argument("[out]", "the safetensors file to write, of convert")
    .option("--part <name>", "which set of weights, where a checkpoint has several (model_ema)")
    .option("--json", "as JSON, of inspect")
    .action((action: "inspect" | "convert", file: string, out: string | undefined, given: WeightsArguments) =>
      run(weightsCommand(action, file, out, given, environment)),
    );
}
