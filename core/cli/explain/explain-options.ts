/** The options of `fgkd explain`. */
import { type Command, Option } from "commander";
import { explainMethods } from "../../index.js";
import { device, share, whole } from "../settings/option-values.js";

export function withExplainOptions(command: Command): Command {
  return command
    .usage("[options] <models...> <images...>")
    .argument(
      "<places...>",
      "models: folders of runs, files of their models/; then images: files, folders, patterns in quotes, - for a list",
    )
    .addOption(
      new Option("--method <name>", "how it is told where a network looks")
        .choices(["auto", ...Object.keys(explainMethods)])
        .default("auto"),
    )
    .option("--map <name>", "of gradient methods, the inner map that they look at: layer3 (default: the last)")
    .option(
      "--class <name>",
      "the class whose evidence is shown: a name, predicted, or true: of the folder",
      "predicted",
    )
    .option(
      "--role <role>",
      "which model; several, with commas, side by side (default: student, or all that are trained)",
    )
    .option("-o, --out <folder>", "folder of the pictures (default: explained-<number>; with --json, none)")
    .option("--drawn <number>", "so many of the drawn birds that the run is tested on, instead of images", whole(1))
    .option("--tested <number>", "so many of the photographs that the run is tested on, instead of images", whole(1))
    .option("--opacity <share>", "of the colours over the picture", share, 0.5)
    .option("--side <pixels>", "of each picture in the grid", whole(32), 192)
    .option("--batch-size <number>", "images at a time (default: 8, or what the run's tests had if fewer)", whole(1))
    .option("-e, --engine <name>", "compute engine")
    .option("--threads <number>", "threads of the engine", whole(1))
    .option("--device <which>", "GPU of the engine: its number in fgkd doctor, or a part of its name", device)
    .option("--trust", "load code that lies in the run's own folder")
    .option("--json", "maps, and where they are highest, as JSON");
}
