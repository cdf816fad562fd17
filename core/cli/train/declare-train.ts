/** The words and options of `fgkd train`. */
import type { Command } from "commander";
import type { TrainArguments } from "../arguments.js";
import { type Declaring, withRunOptions } from "../declaring.js";
import type { Environment } from "../environment.js";
import { trainCommand } from "./train-command.js";

export function declareTrain({ command, run, environment }: Declaring): void {
  withRunOptions(command("train", "train a preset (the default command)"))
    .option("-o, --out <folder>", "folder of the run (default: runs/<preset>-<number>)")
    .option("-r, --resume [run]", "continue a run from its last checkpoint (default: the newest)")
    .option("--force", "resume although version, engine, data or settings differ from the run's")
    .option("--trust", "resume although the run names code that lies in its own folder")
    .option("-q, --quiet", "print the result only")
    .option("-y, --yes", "do not ask before hours of work")
    .option("--dry-run", "try two steps of every stage at the real settings, and keep nothing")
    .action((given: TrainArguments, self: Command) => run(trainResumable(given, self, environment)));
}

/** What may stand beside `--resume`. Whether a setting may still be corrected, the run decides. */
const besideResume = ["resume", "preset", "quiet", "yes", "engine", "threads", "device", "count", "force", "trust"];
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
