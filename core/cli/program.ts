/** The command line: which commands and options there are. */
import { Argument, Command, Option } from "commander";
import { exporters, precisions, splits, version, viewCounts, visible } from "../index.js";
import { adviseCommand } from "./advise-command.js";
import type {
  AdviseArguments,
  CalibrateArguments,
  ConfigArguments,
  DataArguments,
  EvalArguments,
  ExplainArguments,
  ExportArguments,
  FindRateArguments,
  PredictArguments,
  ReportArguments,
  TrainArguments,
  WeightsArguments,
} from "./arguments.js";
import { buildEngineCommand } from "./build-engine-command.js";
import { calibrateCommand } from "./calibrate-command.js";
import { configCommand } from "./config-command.js";
import { dataCommand } from "./data-command.js";
import { doctorCommand } from "./doctor-command.js";
import type { Environment } from "./environment.js";
import { lineLogger, widthOf } from "./environment.js";
import { evalCommand } from "./eval-command.js";
import { explainCommand } from "./explain-command.js";
import { withExplainOptions } from "./explain-options.js";
import { exportCommand } from "./export-command.js";
import { tellFailure } from "./failure.js";
import { findRateCommand } from "./find-rate-command.js";
import { listCommand } from "./list-command.js";
import { listVariants } from "./list-variants.js";
import { listWeights } from "./list-weights.js";
import { above, properShare, whole } from "./option-values.js";
import { predictCommand } from "./predict-command.js";
import { reportCommand } from "./report-command.js";
import { trainCommand } from "./train-command.js";
import { weightsCommand } from "./weights-command.js";

/** What `fgkd list` shows on its own. */
const lists = { weights: listWeights, variants: listVariants } as const;

/**
 * Runs a command line.
 *
 * @param words without the names of Node and the script
 * @returns the exit code
 */
export async function runProgram(words: readonly string[], environment: Environment): Promise<number> {
  let code = 0;
  const program = createProgram(environment, async (command) => {
    code = await command;
  });
  try {
    await program.parseAsync(withNewFlags(withCommand(words), environment), { from: "user" });
    return code;
  } catch (error) {
    return tellFailure(error, environment);
  }
}

/** Options of version 0.1 that are called otherwise now. */
const renamedFlags: Readonly<Record<string, string>> = { "--members": "--count" };

/** Old names of options go on for one version, with a word each. */
function withNewFlags(words: readonly string[], environment: Environment): string[] {
  return words.map((word) => {
    const [flag = "", ...value] = word.split("=");
    const now = Object.hasOwn(renamedFlags, flag) ? renamedFlags[flag] : undefined;
    if (now === undefined) return word;
    lineLogger(environment).warn(`${flag} is called ${now} now; the old name goes with the next version.`);
    return [now, ...value].join("=");
  });
}

/** `fgkd --preset dadkd` means `fgkd train --preset dadkd`; `fgkd` alone asks for help. */
function withCommand(words: readonly string[]): string[] {
  const [first] = words;
  if (first === undefined) return ["--help"];
  const own = ["-h", "--help", "-V", "--version"];
  return first.startsWith("-") && !own.includes(first) ? ["train", ...words] : [...words];
}

function createProgram(environment: Environment, run: (command: Promise<number>) => Promise<void>): Command {
  const { stdout, stderr } = environment;
  const program = new Command("fgkd")
    .description("Fine-grained image classification with knowledge distillation.")
    .version(version(), "-V, --version", "tell the version")
    .helpOption("-h, --help", "tell about a command")
    .helpCommand(false)
    .addHelpText("after", "\nfgkd --preset NAME is short for fgkd train --preset NAME. Try: fgkd --preset dadkd")
    .configureOutput({
      writeOut: (text) => void stdout.write(visible(text, false)),
      writeErr: (text) => void stderr.write(visible(text, false)),
      getOutHelpWidth: () => widthOf(stdout),
      getErrHelpWidth: () => widthOf(stderr),
    })
    .exitOverride();
  const command = (usage: string, description: string) =>
    program.command(usage).description(description).helpOption("-h, --help", "tell about this command");
  withRunOptions(command("train", "train a preset (the default command)"))
    .option("-o, --out <folder>", "folder of the run (default: runs/<preset>-<number>)")
    .option("-r, --resume [run]", "continue a run from its last checkpoint (default: the newest)")
    .option("--force", "resume although version, engine, data or settings differ from the run's")
    .option("--trust", "resume although the run names code that lies in its own folder")
    .option("-q, --quiet", "print the result only")
    .option("-y, --yes", "do not ask before hours of work")
    .option("--dry-run", "try two steps of every stage at the real settings, and keep nothing")
    .action((given: TrainArguments, self: Command) => run(trainResumable(given, self, environment)));
  withModelOptions(command("eval <runs...>", "test the models of finished runs, and set several beside each other"))
    .addOption(new Option("--split <split>", "on which images (default: test)").choices(splits))
    .option("-d, --data <place>", "test on other images of the same classes")
    .option("--only-classes <names>", "images of these classes, and answers among them, alone; with commas", collect)
    .option("--per-class", "a table of the classes, the worst first")
    .option("--confusion", "a table of what is answered for what, of at most 30 classes")
    .option("--reliability", "a table of how often the model is right where it is how sure")
    .option("--json", "everything that was measured, as JSON")
    .option("--csv <file>", "write a line for each image: its class, the answer, the five likeliest")
    .option("--no-teacher", "do not ask the run's teacher, whose answers are compared")
    .action((places: readonly string[], given: EvalArguments) => run(evalCommand(places, given, environment)));
  withModelOptions(command("report <runs...>", "write a page about a run, or about several beside each other"))
    .option(
      "-o, --out <file>",
      "the page (default: report.html in the run's folder; of several, comparison.html in the first's)",
    )
    .addOption(new Option("--split <split>", "on which images (default: test)").choices(splits))
    .option("-d, --data <place>", "test on other images of the same classes")
    .option("--no-teacher", "do not ask the run's teacher, whose answers are compared")
    .action((places: readonly string[], given: ReportArguments) => run(reportCommand(places, given, environment)));
  withModelOptions(command("predict", "tell what a trained model sees on images"))
    .argument("<model>", "the folder of a run, or a file of its models/")
    .argument("<images...>", "files, folders, patterns in quotes; - for a list of them on standard input, a line each")
    .option("--top <number>", "guesses an image", whole(1), 5)
    .addOption(new Option("--format <format>", "how they are told").choices(["table", "csv", "jsonl"]).default("table"))
    .option("--batch-size <number>", "images at a time (default: as in the run's tests)", whole(1))
    .action((model: string, images: readonly string[], given: PredictArguments) =>
      run(predictCommand(model, images, given, environment)),
    );
  withExplainOptions(command("explain", "show where trained models look on images")).action(
    (places: readonly string[], given: ExplainArguments) => run(explainCommand(places, given, environment)),
  );
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
    .option("--license <words>", "under which terms it may be used")
    .option("-e, --engine <name>", "compute engine")
    .option("--threads <number>", "threads of the engine", whole(1))
    .option("--trust", "load code that lies in the run's own folder")
    .action((model: string, given: ExportArguments) => run(exportCommand(model, given, environment)));
  withModelOptions(command("calibrate <run>", "make a trained model as sure as it is right, and able to say unknown"))
    .option("--error <share>", "share of its answers that may be wrong", properShare, 0.05)
    .addOption(new Option("--split <split>", "on which images (default: validation)").choices(["validation", "test"]))
    .option("-d, --data <place>", "calibrate on other images of the same classes")
    .action((place: string, given: CalibrateArguments) => run(calibrateCommand(place, given, environment)));
  command("advise", "say what is in the way of a better student, of runs that have ended, or of data before one")
    .argument("[places...]", "runs, the first beside the others; or what --data would be given")
    .option("--teachers <models...>", "compare these for the data: runs, or files of weights of theirs")
    .option("-p, --preset <name>", "whose inputs the images are for, and whose own data counts where none is given")
    .addOption(
      new Option("--scale <scale>", "of the preset (default: demo; with data, paper)").choices(["demo", "paper"]),
    )
    .option("-s, --set <key=value>", "a setting of the preset, or an option of the data; repeatable", collect)
    .option("--json", "everything that was measured, as JSON")
    .option("-e, --engine <name>", "compute engine")
    .option("--threads <number>", "threads of the engine", whole(1))
    .option("--trust", "load code that lies in a run's own folder")
    .action((places: readonly string[], given: AdviseArguments) => run(adviseCommand(places, given, environment)));
  withRunOptions(command("find-lr", "look for a learning rate: raise it from step to step, and see what the loss does"))
    .option("--stage <name>", "of which stage (default: the last)")
    .option("--from <rate>", "learning rate of the first step", above, 1e-6)
    .option("--to <rate>", "learning rate of the last step", above, 10)
    .option("--steps <number>", "in so many steps (default: one pass over the data, of 100 to 500)", whole(20))
    .action((given: FindRateArguments) => run(findRateCommand(given, environment)));
  command("list", "list presets, and the names that config may choose")
    .addArgument(
      new Argument(
        "[what]",
        "weights: the public ones of each backbone; variants: rows of publications, by preset",
      ).choices(Object.keys(lists)),
    )
    .action((what?: keyof typeof lists) => run(what ? lists[what](environment) : listCommand(environment)));
  withRunOptions(command("config", "show every setting of a run, and where it comes from"))
    .option("--json", "as JSON")
    .option("--json-schema", "a JSON Schema of configuration files, for editors, instead")
    .action((given: ConfigArguments) => run(configCommand(given, environment)));
  command("weights", "look at a file of weights, or convert it to safetensors")
    .addArgument(new Argument("<action>", "what to do with it").choices(["inspect", "convert"]))
    .argument("<file>", "safetensors, or what torch.save wrote")
    .argument("[out]", "the safetensors file to write, of convert")
    .option("--part <name>", "which set of weights, where a checkpoint has several (model_ema)")
    .option("--json", "as JSON, of inspect")
    .action((action: "inspect" | "convert", file: string, out: string | undefined, given: WeightsArguments) =>
      run(weightsCommand(action, file, out, given, environment)),
    );
  command("data", "look at every image of a data set, and tell what would spoil training")
    .addArgument(new Argument("<action>", "what to do with it").choices(["check"]))
    .argument("<path>", "what --data would be given")
    .option("--json", "as JSON")
    .option("--sheet <file>", "write a PNG that shows images of every class")
    .option("-s, --set <key=value>", "an option of the data, data.layout=cub; repeatable", collect)
    .action((_: "check", path: string, given: DataArguments) => run(dataCommand(path, given, environment)));
  command("doctor", "tell which compute engines can run here, and what the others lack").action(() =>
    run(doctorCommand(environment)),
  );
  command("build-engine <name>", "compile an engine that has native parts (onednn)").action((name: string) =>
    run(buildEngineCommand(name, environment)),
  );
  return program;
}

/** Which trained models, and how they are asked. */
function withModelOptions(command: Command): Command {
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
    .option("--uncalibrated", "leave out what fgkd calibrate has found")
    .option("--trust", "load code that lies in the run's own folder");
}

function withRunOptions(command: Command): Command {
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
    .option("-s, --set <key=value>", "any setting, by its dotted path; repeatable", collect)
    .option("--plugin <name>", "a plugin besides: tensorboard, csv-log, a package or a file; repeatable", collect)
    .option("--epochs <number>", "epochs of every stage", whole(0))
    .option("--batch-size <number>", "images in a step", whole(1))
    .option("--seed <number>", "of everything random", whole(0))
    .option("-e, --engine <name>", "compute engine (default: auto)")
    .option("--threads <number>", "threads of the engine (default: one per core; onednn has them)", whole(1))
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

/** What may stand beside `--resume`. Whether a setting may still be corrected, the run decides. */
const besideResume = ["resume", "preset", "quiet", "yes", "engine", "threads", "count", "force", "trust"];
const correcting = ["data", "teacher", "workers", "cache", "onBadImage", "set"];

/** A resumed run goes on as it was asked for: whatever would change it is refused. */
function trainResumable(given: TrainArguments, command: Command, environment: Environment): Promise<number> {
  const changing = Object.keys(given).filter((option) => ![...besideResume, ...correcting].includes(option));
  if (given.resume && changing.length > 0) {
    const flag = command.options.find((option) => option.attributeName() === changing[0])?.long;
    command.error(
      `error: option '--resume' goes on with the settings of its run; leave ${flag} out, or start a new run`,
    );
  }
  return trainCommand(given, environment);
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
