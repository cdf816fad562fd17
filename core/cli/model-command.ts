/** What commands on trained models have in common: the plugins of their networks, and the images that they are given. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type FgkdError, openRunFolder, type PluginOption } from "../index.js";
import type { ModelArguments } from "./arguments.js";
import { type Environment, lineLogger } from "./environment.js";
import { pluginsHere } from "./project/project.js";
import { chooseAgain } from "./train/choose-run.js";

/** What the model's network may be made with: of a run, what that was; of a file, what the project has. */
export async function pluginsFor(
  path: string,
  { trust }: Pick<ModelArguments, "trust">,
  environment: Environment,
): Promise<PluginOption> {
  if (!existsSync(join(path, "config.json"))) return pluginsHere(environment);
  const { preset, plugins, others } = await chooseAgain(await openRunFolder(path), environment, {
    ...(trust && { trust }),
  });
  for (const words of [...others.differences.map((one) => `${one}.`), ...others.notices])
    lineLogger(environment).warn(words);
  return [preset.plugins, Object.values(preset.stages).map((stage) => stage.plugins), plugins];
}

/** As `loadModel` and its like take it; `undefined` where nothing is asked for. */
export function engineAsked({ engine: name, threads, device }: Pick<ModelArguments, "engine" | "threads" | "device">) {
  if (name === undefined && threads === undefined && device === undefined) return undefined;
  return {
    ...(name !== undefined && { name }),
    ...(threads !== undefined && { threads }),
    ...(device !== undefined && { device }),
  };
}

type FindImages = (
  place: string,
  options: { readonly from: string; readonly onProblem: (problem: FgkdError) => void },
) => AsyncGenerator<string, void, undefined>;

/**
 * Files, folders and patterns; `-` for a list of them on standard input.
 *
 * @param tell is told of each that cannot be used, in words without a code
 */
export async function* imagesAt(
  places: readonly string[],
  environment: Environment,
  tell: (problem: string) => void,
): AsyncGenerator<string, void, undefined> {
  const onProblem = ({ code, message }: FgkdError) => tell(message.slice(code.length + 1));
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
