/** The words and options of `fgkd sweep`. */
import { Option } from "commander";
import type { CollectArguments, SweepArguments } from "../arguments.js";
import type { Declaring } from "../declaring.js";
import { whole } from "../settings/option-values.js";
import { collectResults } from "./collect.js";
import { loadSweep } from "./load-sweep.js";
import { statusOf } from "./status.js";
import { sweepCommand } from "./sweep-command.js";

const file = "what varies: YAML, JSON, JavaScript or TypeScript";

export function declareSweep({ command, run, environment }: Declaring): void {
  const sweep = command("sweep", "run one experiment in many settings, here or on a cluster")
    .argument("<file>", file)
    .option(
      "--task <number>",
      "run one (default: SLURM_ARRAY_TASK_ID or JOB_COMPLETION_INDEX; without: list them)",
      whole(0),
    )
    .option("--local <number>", "run all, so many at a time, each a process", whole(1))
    .addOption(new Option("--submit <cluster>", "write what sends them, and say how").choices(["slurm", "kubernetes"]))
    .option("--preamble <file>", "lines of shell that come first, for --submit: modules, environments")
    .option("--dry-run", "try two steps of every stage of every task, and keep nothing")
    .action((path: string, given: SweepArguments) => run(sweepCommand(path, given, environment)));
  sweep
    .command("status")
    .description("tell how far each task is")
    .helpOption("-h, --help", "tell about this command")
    .argument("<file>", file)
    .option("--json", "as JSON")
    .action((path: string, { json = false }: { readonly json?: boolean }) =>
      run(loadSweep(path, environment).then((one) => statusOf(one, json))),
    );
  sweep
    .command("collect")
    .description("tell what the tasks came to, with means over seeds")
    .helpOption("-h, --help", "tell about this command")
    .argument("<file>", file)
    .addOption(new Option("--format <format>", "how it is written").choices(["table", "csv", "json"]).default("table"))
    .action((path: string, { format }: CollectArguments) =>
      run(loadSweep(path, environment).then((one) => collectResults(one, format))),
    );
}
