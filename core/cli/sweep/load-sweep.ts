/** The file of a sweep, its tasks, and what `fgkd train` is asked for to run each. */
import { readFileSync } from "node:fs";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import { z } from "zod";
import {
  checkSweep,
  expandSweep,
  invalidConfig,
  type Plan,
  type Preset,
  type PublishedTable,
  readFailed,
  type Sweep,
  type SweepTask,
} from "../../index.js";
import type { ReproduceArguments, TrainArguments } from "../arguments.js";
import type { Environment } from "../environment.js";
import { createModules } from "../project/modules.js";
import { planOf } from "../reproduce/choose-plan.js";
import { asked } from "../reproduce/run-all.js";
import { readPlainFile } from "../settings/load-config.js";
import { loadPreset } from "../settings/load-preset.js";

export interface LoadedSweep {
  /** Absolute. */
  readonly file: string;
  /** As the user would write it. */
  readonly origin: string;
  readonly name: string;
  readonly cluster: NonNullable<Sweep["cluster"]>;
  /** Folder of the runs. */
  readonly home: string;
  readonly tasks: readonly SweepTask[];
  /** Of a table of a publication. */
  readonly table?: {
    readonly preset: string;
    readonly table: PublishedTable;
    readonly plan: Plan;
    readonly given: ReproduceArguments;
  };
  /** That of the folder in which the file lies: everything in it is meant from there, wherever a task is started. */
  readonly environment: Environment;
  runOf(task: SweepTask): string;
  argumentsOf(task: SweepTask): TrainArguments;
}

/** @throws FGKD_PATH, FGKD_LOAD_FAILED, FGKD_INVALID_CONFIG, FGKD_UNKNOWN_NAME */
export async function loadSweep(path: string, outer: Environment): Promise<LoadedSweep> {
  const file = resolve(outer.cwd, path);
  const environment = { ...outer, cwd: dirname(file) };
  const modules = createModules(environment);
  const origin = relative(outer.cwd, file) || file;
  const sweep = checkSweep(await readPlainFile("file of a sweep", file, modules), origin);
  const name = sweep.name ?? basename(file, extname(file));
  const { cluster = {}, reproduce } = sweep;
  const about = { file, origin, name, cluster, environment };
  if (reproduce) return ofTable(sweep, about, await loadPreset(reproduce.preset, modules, environment));
  const home = resolve(environment.cwd, sweep.out ?? join("runs", name));
  const tasks = expandSweep(sweep, origin);
  for (const { options } of tasks) checkOptions(options, origin);
  const runOf = (task: Pick<SweepTask, "name">) => join(home, task.name);
  const argumentsOf = ({ options, settings, teacher, ...task }: SweepTask): TrainArguments => {
    const { plugin, ...others } = options;
    return {
      ...others,
      ...(plugin !== undefined && { plugin: typeof plugin === "string" ? [plugin] : (plugin as readonly string[]) }),
      ...(teacher !== undefined && { teacher: runOf({ name: teacher }) }),
      set: Object.entries(settings).map(([key, value]) => `${key}=${JSON.stringify(value)}`),
      ...{ out: runOf(task), quiet: true, yes: true },
    };
  };
  return { ...about, home, tasks, runOf, argumentsOf };
}

type About = Pick<LoadedSweep, "file" | "origin" | "name" | "cluster" | "environment">;

/** The runs of a table, in the folders that `fgkd reproduce` gives them. */
function ofTable({ reproduce, seeds, out }: Sweep, about: About, preset: Preset): LoadedSweep {
  const { table: wanted, preset: _, ...said } = reproduce as NonNullable<Sweep["reproduce"]>;
  const given: ReproduceArguments = { ...said, ...(seeds && { seeds }), ...(out !== undefined && { out }) };
  const { table, plan, home } = planOf(preset, wanted, given, about.environment);
  const learnt = new Set(plan.runs.flatMap(({ teacher }) => teacher ?? []));
  const inCells = new Set(plan.cells.flatMap(({ runs }) => runs.map(({ name }) => name)));
  const tasks = plan.runs.map((run, number): SweepTask => {
    const { name, seed, settings, teacher } = run;
    return {
      ...{ number, name, seed, settings, options: {} },
      varies: { run: name.slice(0, name.lastIndexOf("-")) },
      ...(teacher !== undefined && { teacher }),
      isShared: learnt.has(name) && !inCells.has(name),
    };
  });
  return {
    ...{ ...about, home, tasks, table: { preset: preset.name, table, plan, given } },
    runOf: ({ name }) => join(home, name),
    argumentsOf: ({ number }) => asked(plan.runs[number] as Plan["runs"][number], home, given),
  };
}

const whole = z.number().int().nonnegative();
const text = z.string().min(1);
const options = z.strictObject({
  preset: text.optional(),
  config: text.optional(),
  data: text.optional(),
  scale: z.enum(["demo", "paper"]).optional(),
  teacher: text.optional(),
  count: whole.min(1).optional(),
  epochs: whole.optional(),
  batchSize: whole.min(1).optional(),
  seed: whole.optional(),
  engine: text.optional(),
  threads: whole.min(1).optional(),
  device: z.union([whole, text]).optional(),
  workers: whole.min(1).optional(),
  cache: text.optional(),
  onBadImage: z.enum(["skip", "fail"]).optional(),
  crop: z.enum(["whole", "box"]).optional(),
  plugin: z.union([text, z.array(text)]).optional(),
});

function checkOptions(given: SweepTask["options"], origin: string): void {
  const issue = options.safeParse(given).error?.issues[0];
  if (issue)
    throw invalidConfig(
      origin,
      `${issue.path.join(".")}: ${issue.message}`,
      "It is an option of fgkd train, and takes what that takes.",
    );
}

/** The sweep with other lines before fgkd starts. @throws FGKD_PATH */
export function withPreamble(sweep: LoadedSweep, file: string | undefined, cwd: string): LoadedSweep {
  if (file === undefined) return sweep;
  try {
    return { ...sweep, cluster: { ...sweep.cluster, preamble: readFileSync(resolve(cwd, file), "utf8") } };
  } catch (cause) {
    throw readFailed(file, cause);
  }
}
