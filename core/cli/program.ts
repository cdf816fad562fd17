/** The command line: which commands there are, and how words reach them. */
import { Command } from "commander";
import { version, visible } from "../index.js";
import { declareAdvise } from "./advise/advise-command.js";
import { declareBuildEngine } from "./build-engine-command.js";
import { declareCalibrate } from "./calibrate/calibrate-command.js";
import { declareData } from "./data/data-command.js";
import type { Declaring } from "./declaring.js";
import { declareDoctor } from "./doctor-command.js";
import type { Environment } from "./environment.js";
import { lineLogger, widthOf } from "./environment.js";
import { declareEval } from "./eval/eval-command.js";
import { declareExplain } from "./explain/explain-command.js";
import { declareExport } from "./export-command.js";
import { tellFailure } from "./failure.js";
import { declareFindRate } from "./find-rate-command.js";
import { declareList } from "./list/list-command.js";
import { declarePredict } from "./predict/predict-command.js";
import { declareReport } from "./report/report-command.js";
import { declareReproduce } from "./reproduce/reproduce-command.js";
import { declareConfig } from "./settings/config-command.js";
import { declareSweep } from "./sweep/declare-sweep.js";
import { declareTrain } from "./train/declare-train.js";
import { declareWeights } from "./weights-command.js";

/** In the order in which help lists them. */
const commands: readonly ((declaring: Declaring) => void)[] = [
  declareTrain,
  declareEval,
  declareReport,
  declarePredict,
  declareExplain,
  declareExport,
  declareCalibrate,
  declareAdvise,
  declareFindRate,
  declareReproduce,
  declareSweep,
  declareList,
  declareConfig,
  declareWeights,
  declareData,
  declareDoctor,
  declareBuildEngine,
];

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
  for (const declare of commands) declare({ command, run, environment });
  return program;
}
