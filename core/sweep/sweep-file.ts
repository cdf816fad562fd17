/** What the file of a sweep says. */
import { z } from "zod";
import { invalidConfig } from "../values/errors.js";
import type { Json } from "../values/state.js";

/** Words that are options of `fgkd train`; every other key is a setting by its dotted path. */
export const trainWords = [
  "preset",
  "config",
  "data",
  "scale",
  "teacher",
  "count",
  "epochs",
  "batchSize",
  "seed",
  "engine",
  "threads",
  "device",
  "workers",
  "cache",
  "onBadImage",
  "crop",
  "plugin",
] as const;

/** Options of `fgkd train` and settings by dotted path, with their values. */
export type SweepSettings = Readonly<Record<string, Json>>;

/** What one task may have of a cluster. */
export interface Cluster {
  /** Processor cores. Default: the cluster's. */
  readonly cpus?: number;
  /** Default: none. */
  readonly gpus?: number;
  /** In GiB. Default: the cluster's. */
  readonly memory?: number;
  /** As Slurm has it, "04:00:00". Default: the cluster's. */
  readonly time?: string;
  /** Most tasks at once. Default: all. */
  readonly atOnce?: number;
  /** Lines of shell before fgkd starts: modules, environments. Default: none. */
  readonly preamble?: string;
  /** How fgkd is started there. Default: on Slurm the installation that writes the script, in a container `fgkd`. */
  readonly command?: string;
  /** Further options of sbatch: `partition: gpu`. Default: none. */
  readonly slurm?: Readonly<Record<string, string | number>>;
  readonly kubernetes?: KubernetesPlace;
}

/** Where a pod has fgkd, and the folder that tasks share. */
export interface KubernetesPlace {
  readonly image: string;
  /** Name of the persistent volume claim; it must be one that many nodes may write (ReadWriteMany). */
  readonly claim: string;
  /** Where it is mounted. Default: the folder of the sweep's file. */
  readonly mount?: string;
  /** The folder of the sweep's file there. Default: `mount`. */
  readonly folder?: string;
  /** Default: that of kubectl. */
  readonly namespace?: string;
}

/** A table of a publication in place of settings, as `fgkd reproduce` takes it. */
interface ReproducedTable {
  readonly preset: string;
  readonly table: string;
  readonly data?: readonly string[];
  readonly rows?: readonly string[];
  readonly scale?: "demo" | "paper";
  readonly epochs?: number;
  readonly engine?: string;
  readonly threads?: number;
}

/** One experiment in many settings. */
export interface Sweep {
  /** Default: the file's name. */
  readonly name?: string;
  /** Folder of the runs, from where the file lies. Default: `runs/<name>`. */
  readonly out?: string;
  /** What all tasks have. */
  readonly run?: SweepSettings;
  /** Every combination of these. */
  readonly grid?: Readonly<Record<string, readonly Json[]>>;
  /** Each of these, with every combination of the grid. */
  readonly list?: readonly SweepSettings[];
  /** One task of everything for each. Default: one, with the preset's seed. */
  readonly seeds?: readonly number[];
  /** Runs whose teacher others learn from, by the name that these give as `teacher`; trained once, for each seed unless they name one. */
  readonly shared?: Readonly<Record<string, SweepSettings>>;
  /** Instead of settings. */
  readonly reproduce?: ReproducedTable;
  readonly cluster?: Cluster;
}

/** The identity: there so that the editor completes `sweep.ts`. */
export function defineSweep(sweep: Sweep): Sweep {
  return sweep;
}

const whole = z.number().int().nonnegative();
const positive = z.number().int().positive();
const settings = z.record(z.string(), z.json());
/** Of folders, jobs and labels. */
const name = z.string().regex(/^[a-z\d][\w.-]{0,62}$/i, "must be letters, digits, points and hyphens, at most 63");

const kubernetes = z.strictObject({
  image: z.string().min(1),
  claim: z.string().min(1),
  mount: z.string().startsWith("/", "must be an absolute path").optional(),
  folder: z.string().startsWith("/", "must be an absolute path").optional(),
  namespace: z.string().min(1).optional(),
});

const cluster = z.strictObject({
  cpus: positive.optional(),
  gpus: positive.optional(),
  memory: positive.optional(),
  time: z.string().min(1).optional(),
  atOnce: positive.optional(),
  preamble: z.string().optional(),
  command: z.string().min(1).optional(),
  slurm: z.record(z.string().regex(/^[a-z][a-z-]*$/, "is no option of sbatch"), z.union([z.string(), z.number()])),
  kubernetes: kubernetes.optional(),
});

const schema = z.strictObject({
  name: name.optional(),
  out: z.string().min(1).optional(),
  run: settings.optional(),
  grid: z.record(z.string(), z.array(z.json()).min(1, "must have at least one value")).optional(),
  list: z.array(settings).min(1, "must have at least one entry").optional(),
  seeds: z.array(whole).min(1, "must have at least one").optional(),
  shared: z.record(name, settings).optional(),
  reproduce: z
    .strictObject({
      preset: z.string(),
      table: z.string(),
      data: z.array(z.string()).optional(),
      rows: z.array(z.string()).optional(),
      scale: z.enum(["demo", "paper"]).optional(),
      epochs: whole.optional(),
      engine: z.string().optional(),
      threads: positive.optional(),
    })
    .optional(),
  cluster: cluster.partial({ slurm: true }).optional(),
});

/**
 * @param value what the file holds: plain data
 * @param origin the file, for messages
 * @throws FGKD_INVALID_CONFIG naming the key
 */
export function checkSweep(value: unknown, origin: string): Sweep {
  const read = schema.safeParse(value);
  if (!read.success) {
    const [issue] = read.error.issues;
    const place = issue?.path.map(String).join(".") || "the file";
    const words = issue?.code === "invalid_key" ? issue.issues[0]?.message : issue?.message;
    throw invalidConfig(origin, `${place}: ${words}`, "A sweep has run, grid, list, seeds, shared, cluster.");
  }
  const sweep = read.data as Sweep;
  const beside = (["run", "grid", "list", "shared"] as const).find((key) => sweep[key] !== undefined);
  if (sweep.reproduce && beside !== undefined)
    throw invalidConfig(origin, `${beside} stands beside reproduce`, "A table says itself which runs it needs.");
  if (sweep.seeds && [sweep.run, sweep.grid, ...(sweep.list ?? [])].some((one) => one && Object.hasOwn(one, "seed")))
    throw invalidConfig(origin, "seed stands beside seeds", "Leave one of them out.");
  return sweep;
}
