/** What the command line says, as the commands receive it. */
import type { Precision, viewCounts } from "../index.js";

/** Which run: shared by `train` and `config`. */
export interface RunArguments {
  readonly preset?: string;
  readonly config?: string;
  readonly data?: string;
  readonly scale?: "demo" | "paper";
  readonly teacher?: string;
  readonly count?: number;
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly seed?: number;
  readonly engine?: string;
  readonly threads?: number;
  /** A number of `fgkd doctor`, or a part of a name. */
  readonly device?: number | string;
  readonly workers?: number;
  readonly cache?: string;
  readonly onBadImage?: "skip" | "fail";
  readonly crop?: "whole" | "box";
  /** Names or files, beside those of the configuration. */
  readonly plugin?: readonly string[];
  /** `key=value`, in order. */
  readonly set?: readonly string[];
}

export interface TrainArguments extends RunArguments {
  readonly out?: string;
  /** A run folder; `true` is the newest. */
  readonly resume?: string | true;
  readonly quiet?: boolean;
  /** Nobody is asked before hours of work. */
  readonly yes?: boolean;
  /** Two steps of every stage, and nothing is kept. */
  readonly dryRun?: boolean;
  /** Resume although the run would go on otherwise than it began. */
  readonly force?: boolean;
  /** Load modules that lie inside the run folder. */
  readonly trust?: boolean;
}

/** Which trained models, and how they are asked: shared by `eval` and `predict`. */
export interface ModelArguments {
  /** As if the models had not been calibrated. */
  readonly uncalibrated?: boolean;
  /** One, or several with commas between them. */
  readonly role?: string;
  readonly ensembler: string;
  /** Default: as the run's own tests did. */
  readonly tta?: "none" | keyof typeof viewCounts;
  readonly engine?: string;
  readonly threads?: number;
  /** A number of `fgkd doctor`, or a part of a name. */
  readonly device?: number | string;
  /** Load modules that lie inside the run folder. */
  readonly trust?: boolean;
}

export interface EvalArguments extends ModelArguments {
  readonly split?: "train" | "validation" | "test";
  readonly data?: string;
  /** Whether the run's teacher is asked too. Default true. */
  readonly teacher?: boolean;
  /** Names of classes, with commas between them. */
  readonly onlyClasses?: readonly string[];
  /** Tables beside the short one. */
  readonly perClass?: boolean;
  readonly confusion?: boolean;
  readonly reliability?: boolean;
  readonly json?: boolean;
  /** A file to write. */
  readonly csv?: string;
}

export interface CalibrateArguments extends ModelArguments {
  readonly split?: "validation" | "test";
  readonly data?: string;
  /** Share of the answers that may be wrong. */
  readonly error: number;
}

export interface ReportArguments extends ModelArguments {
  readonly split?: "train" | "validation" | "test";
  readonly data?: string;
  readonly teacher?: boolean;
  /** The file to write. */
  readonly out?: string;
}

export interface ReproduceArguments extends Pick<RunArguments, "scale" | "epochs" | "engine" | "threads"> {
  /** Places, or `NAME=PLACE` of the table's own sets. */
  readonly data?: readonly string[];
  /** Default: 0. */
  readonly seeds?: readonly number[];
  readonly rows?: readonly string[];
  readonly out?: string;
  /** Whether no run starts from the weights that were published. */
  readonly fromScratch?: boolean;
  /** For every run, beside what its row asks for. */
  readonly set?: readonly string[];
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export interface SweepArguments {
  /** Default: as Slurm or Kubernetes says. */
  readonly task?: number;
  /** So many tasks at a time, here. */
  readonly local?: number;
  readonly submit?: "slurm" | "kubernetes";
  /** A file of shell, in place of the one that the sweep's file has. */
  readonly preamble?: string;
  readonly dryRun?: boolean;
}

export interface CollectArguments {
  readonly format: "table" | "csv" | "json";
}

export interface AdviseArguments
  extends Pick<RunArguments, "preset" | "config" | "scale" | "set">,
    Pick<ModelArguments, "engine" | "threads" | "trust"> {
  /** Runs, and files of weights as runs export them. */
  readonly teachers?: readonly string[];
  readonly json?: boolean;
}

export interface FindRateArguments extends RunArguments {
  /** Default: the last that is enabled. */
  readonly stage?: string;
  readonly from: number;
  readonly to: number;
  /** Default: a pass over the data, at least 100 and at most 500. */
  readonly steps?: number;
}

export interface PredictArguments extends ModelArguments {
  /** Guesses an image. */
  readonly top: number;
  readonly format: "table" | "csv" | "jsonl";
  readonly batchSize?: number;
}

export interface ExplainArguments extends Pick<ModelArguments, "role" | "engine" | "threads" | "device" | "trust"> {
  readonly method: string;
  /** An inner map, of gradient methods. */
  readonly map?: string;
  /** A class's name, `predicted` or `true`. */
  readonly class: string;
  /** Folder of the pictures. */
  readonly out?: string;
  /** Instead of files so many drawn birds. */
  readonly drawn?: number;
  /** Instead of files so many images that the run is tested on. */
  readonly tested?: number;
  readonly opacity: number;
  /** Of each picture in the grid, in pixels. */
  readonly side: number;
  readonly batchSize?: number;
  readonly json?: boolean;
}

export interface ExportArguments
  extends Pick<ModelArguments, "role" | "uncalibrated" | "engine" | "threads" | "device" | "trust"> {
  /** A format. */
  readonly to: string;
  readonly out?: string;
  readonly precision?: Precision;
  /** Files, folders, patterns. */
  readonly data?: readonly string[];
  /** On how many the answers are compared. */
  readonly images: number;
  readonly unchecked?: boolean;
  readonly license?: string;
}

export interface ConfigArguments extends RunArguments {
  readonly json?: boolean;
  readonly jsonSchema?: boolean;
}

export interface WeightsArguments {
  /** Of several sets of weights in a checkpoint. */
  readonly part?: string;
  readonly json?: boolean;
}

export interface DataArguments {
  readonly json?: boolean;
  /** A PNG to write. */
  readonly sheet?: string;
  /** `data.<option>=value`, in order. */
  readonly set?: readonly string[];
}
