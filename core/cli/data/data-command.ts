/** `fgkd data check PATH`: every image of a data set looked at, and what would spoil training told. */

import { resolve } from "node:path";
import { Argument } from "commander";
import { type Config, type DataReport, invalidConfig } from "../../index.js";
import type { DataArguments } from "../arguments.js";
import { collect, type Declaring } from "../declaring.js";
import { type Environment, print } from "../environment.js";
import { projectRegistries } from "../project/project.js";
import { dataLayer, setLayers } from "../settings/layers.js";
import { visibleJson } from "../terminal/text.js";
import { showReport } from "./data-report.js";

/** Milliseconds between two lines of progress. */
const OFTEN = 100;

/** @returns the exit code: 1 where something would spoil training */
async function dataCommand(path: string, given: DataArguments, environment: Environment): Promise<number> {
  const { cwd } = environment;
  const { sources } = await projectRegistries(environment);
  const opener = sources.choose(choiceOf(path, given, cwd));
  if (!opener.check) throw invalidConfig("fgkd data check", "this source has nothing to check", "Give a folder.");
  const progress = createProgress(environment);
  const report: DataReport = await opener
    .check({
      ...(given.sheet !== undefined && { sheet: resolve(cwd, given.sheet) }),
      onProgress: progress.tell,
    })
    .finally(progress.end);
  if (given.json) print(environment, visibleJson(report));
  else showReport(report, environment);
  return report.spoils.length > 0 ? 1 : 0;
}

/** What `--data` would choose, with the options of its source laid over it. */
function choiceOf(path: string, given: DataArguments, cwd: string): { readonly name: string } {
  const layers = [dataLayer(path, cwd), ...setLayers(given, cwd)];
  const [strange] = layers.flatMap(({ config }) => Object.keys(config).filter((key) => key !== "data"));
  if (strange !== undefined)
    throw invalidConfig("--set", `${strange} is no option of the data`, "Give one that is, such as data.split=0.3.");
  return Object.assign({}, ...layers.map(({ config }): Config["data"] => config.data));
}

/** A line that counts, on a terminal; nothing elsewhere. */
function createProgress({ stderr, now }: Environment) {
  let shown = Number.NEGATIVE_INFINITY;
  let width = 0;
  const draw = (text: string) => {
    stderr.write(`\r${text.padEnd(width)}`);
    width = text.length;
  };
  return {
    tell: (done: number, total: number) => {
      if (!stderr.isTTY || now() - shown < OFTEN) return;
      shown = now();
      draw(`Looking at images: ${done.toLocaleString("en")} of ${total.toLocaleString("en")}`);
    },
    end: () => {
      if (width === 0) return;
      draw("");
      stderr.write("\r");
    },
  };
}

/** Its words and options. */
export function declareData({ command, run, environment }: Declaring): void {
  command("data", "look at every image of a data set, and tell what would spoil training")
    .addArgument(new Argument("<action>", "what to do with it").choices(["check"]))
    .argument("<path>", "what --data would be given")
    .option("--json", "as JSON")
    .option("--sheet <file>", "write a PNG that shows images of every class")
    .option("-s, --set <key=value>", "an option of the data, data.layout=cub; repeatable", collect)
    .action((_: "check", path: string, given: DataArguments) => run(dataCommand(path, given, environment)));
}
