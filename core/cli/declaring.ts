/** What commands declare of themselves, and the options that several of them share. */
import { type Command, Option } from "commander";
import { viewCounts } from "../index.js";
import type { Environment } from "./environment.js";
import { device, whole } from "./settings/option-values.js";

/** What a command declares itself with. */
export interface Declaring {
  /** Adds a command. */
  readonly command: (usage: string, description: string) => Command;
  /** Its exit code is that of the process. */
  readonly run: (work: Promise<number>) => Promise<void>;
  readonly environment: Environment;
}

/** Which trained models, and how they are asked. */
export function withModelOptions(command: Command): Command {
  return command
    .option(
      "--role <role>",
      "which model; several, with commas, as an ensemble (default: student, or all that are trained)",
    )
    .option("--ensembler <name>", "how several are merged", "mean-logits")
    .addOption(
      new Option(
        "--tta <views>",
        "average over each image and its mirror image, or ten crops (default: as the run did)",
      ).choices(["none", ...Object.keys(viewCounts)]),
    )
    .option("-e, --engine <name>", "compute engine")
    .option("--threads <number>", "threads of the engine", whole(1))
    .option("--device <which>", "GPU of the engine: its number in fgkd doctor, or a part of its name", device)
    .option("--uncalibrated", "leave out what fgkd calibrate has found")
    .option("--trust", "load code that lies in the run's own folder");
}

export function withRunOptions(command: Command): Command {
  return command
    .option("-p, --preset <name>", "method to train: a name of fgkd list, an installed package, or a file")
    .option(
      "-d, --data <place>",
      "train on your images: class folders, train/ and test/ of them, or a published set as downloaded; cub=<folder> says which, a+b joins two",
    )
    .addOption(
      new Option("--scale <scale>", "small, or as published (default: demo; with --data, paper)").choices([
        "demo",
        "paper",
      ]),
    )
    .option("-c, --config <file>", "settings (default: fgkd.config.ts, .js, .mjs, .json, .yaml, or package.json)")
    .option("-s, --set <key=value...>", "any setting, by its dotted path; several, and repeatable", collect)
    .option("--plugin <name>", "a plugin besides: tensorboard, csv-log, a package or a file; repeatable", collect)
    .option("--epochs <number>", "epochs of every stage", whole(0))
    .option("--batch-size <number>", "images in a step", whole(1))
    .option("--seed <number>", "of everything random", whole(0))
    .option("-e, --engine <name>", "compute engine (default: auto)")
    .option("--threads <number>", "threads of the engine (default: one per core; onednn has them)", whole(1))
    .option("--device <which>", "GPU of the engine: its number in fgkd doctor, or a part of its name", device)
    .option("--teacher <file>", "a trained teacher: a file of weights, or the folder of a run")
    .option(
      "--count <number>",
      "how many networks, where a preset says so (an ensemble); with --resume, more",
      whole(1),
    )
    .option("--workers <number>", "threads that decode images", whole(1))
    .option("--cache <folder>", "keep decoded images at working size there, for later runs")
    .addOption(new Option("--on-bad-image <what>", "when an image cannot be read").choices(["skip", "fail"]))
    .addOption(new Option("--crop <what>", "of each picture its bounding box only").choices(["whole", "box"]));
}

/** For an option that can be repeated. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
