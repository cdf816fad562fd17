/** The runs of a table, one after the other: finished ones are passed over, interrupted ones go on. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { FgkdError, type NeededRun } from "../../index.js";
import type { ReproduceArguments, TrainArguments } from "../arguments.js";
import { type Environment, print } from "../environment.js";
import { tellFailure } from "../failure.js";
import { shortPath } from "../train/run-place.js";
import { refuseOther } from "../train/same-run.js";
import { trainCommand } from "../train/train-command.js";

interface Running {
  /** The folder of their folders. */
  readonly home: string;
  readonly given: ReproduceArguments;
  readonly environment: Environment;
}

interface Ended {
  /** 0 where every run has ended well; of the last that did not. */
  readonly exitCode: number;
  /** Whether somebody has stopped it. */
  readonly stopped: boolean;
}

/** A run that fails is told, and takes those with it that learn from it; the others go on. */
export async function runAll(runs: readonly NeededRun[], { home, given, environment }: Running): Promise<Ended> {
  const isFinished = ({ name }: Pick<NeededRun, "name">) => existsSync(join(home, name, "result.json"));
  let exitCode = 0;
  for (const [at, needed] of runs.entries()) {
    if (isFinished(needed) && !given.dryRun) {
      // A figure of other data or settings is none of this table's.
      await refuseOther(join(home, needed.name), asked(needed, home, given), environment);
      continue;
    }
    const { teacher } = needed;
    const position = `Run ${at + 1} of ${runs.length}: ${shortPath(join(home, needed.name), environment.cwd)}`;
    if (teacher !== undefined && !given.dryRun && !isFinished({ name: teacher })) {
      print(environment, `${position} is left out: ${teacher}, which it learns from, has not ended.`);
      continue;
    }
    print(environment, `${position}.`);
    const code = await runOne(needed, { home, given, environment });
    // As shells count signals.
    if (code > 128) return { exitCode: code, stopped: true };
    if (code !== 0) exitCode = code;
  }
  return { exitCode, stopped: false };
}

async function runOne(needed: NeededRun, { home, given, environment }: Running): Promise<number> {
  const out = join(home, needed.name);
  const again = existsSync(join(out, "config.json")) && !given.dryRun;
  try {
    return await trainCommand(
      again ? { resume: out, quiet: true, yes: true } : asked(needed, home, given),
      environment,
    );
  } catch (error) {
    // Whoever has it in hand will end it.
    if (error instanceof FgkdError && error.code === "FGKD_RUN_LOCKED") {
      print(environment, `${shortPath(out, environment.cwd)} is left to the process that runs it.`);
      return 0;
    }
    return tellFailure(error, environment);
  }
}

/** What `fgkd train` is asked for to make it. */
export function asked(run: NeededRun, home: string, given: ReproduceArguments): TrainArguments {
  const { dryRun, epochs, engine, threads, set = [] } = given;
  const { preset, scale, seed, data, teacher } = run;
  const own = Object.entries(run.settings).map(([path, value]) => `${path}=${JSON.stringify(value)}`);
  return {
    ...{ preset, scale, seed, epochs, engine, threads, dryRun },
    ...(data !== undefined && { data }),
    // A trial has no teacher that anybody has trained.
    ...(teacher !== undefined && !dryRun && { teacher: join(home, teacher) }),
    set: [...own, ...set],
    out: join(home, run.name),
    quiet: true,
    yes: true,
  };
}
