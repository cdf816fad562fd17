/** What a page tells of a run. */
import type { Split } from "../data/source.js";
import type { AnswerMeasures } from "../measures/answers.js";
import type { ConfusedPair } from "../measures/confusion.js";
import type { Comparison } from "../measures/paired.js";
import type { Share } from "../measures/share.js";
import type { Manifest } from "../store/manifest.js";
import type { StageResult } from "../store/result.js";
import type { EpochSummary } from "../values/records.js";

/** One run. What its folder does not have is empty, and `missing` says so. */
export interface ReportedRun {
  /** As one would type it. */
  readonly name: string;
  readonly preset: { readonly name: string; readonly summary?: string };
  readonly manifest: Manifest | null;
  readonly stages: readonly ReportedStage[];
  readonly history: readonly EpochSummary[];
  readonly models: readonly ReportedModel[];
  /** By split; without those that are not known. */
  readonly images: Readonly<Partial<Record<Split, number>>>;
  /** The largest memory of the processes that trained, in bytes; `null` where nobody has kept it. */
  readonly peakMemory: number | null;
  readonly settings: readonly ReportedSetting[];
  /** `null` where its models were not asked. */
  readonly answers: ReportedAnswers | null;
  /** What it said while it trained. */
  readonly warnings: readonly string[];
  /** What to do about it, in sentences. */
  readonly advice: readonly string[];
  /** What the page lacks, and why, in sentences. */
  readonly missing: readonly string[];
}

/** A stage, and what it came to. */
export interface ReportedStage extends Omit<StageResult, "measured"> {
  readonly measured: Readonly<Record<string, number | null>>;
  /** That it was measured on, where that was kept. */
  readonly images?: number;
  /** Share of its time that it waited for data, 0 to 1, where that was kept. */
  readonly dataWait?: number;
}

/** A model in a file of its own. */
export interface ReportedModel {
  /** `student`, or `student-ema` for other weights of it. */
  readonly name: string;
  readonly backbone?: string;
  /** Numbers in the file, buffers such as running means included. */
  readonly parameters: number;
  /** Of the file. */
  readonly bytes: number;
}

/** A setting by its dotted path, with the layer that said so. */
export interface ReportedSetting {
  readonly path: string;
  readonly value: unknown;
  readonly origin: string;
}

/** What models of a run answered on a split. */
export interface ReportedAnswers {
  /** `student`; of several, how they were merged. */
  readonly model: string;
  readonly split: Split;
  readonly testTime: string | null;
  readonly measures: AnswerMeasures;
  readonly teacher: { readonly model: string; readonly agreement: Share; readonly top1: Share } | null;
  /** The most confused pairs, with images of them. */
  readonly pairs: readonly ReportedPair[];
  /** The images with the highest loss, that first. */
  readonly hardest: readonly ReportedImage[];
  /** By which method the images' maps were made; `null` where they have none. */
  readonly mapMethod: string | null;
}

/** Images of one class that were taken for another, beside some that are of that other one. */
export interface ReportedPair extends ConfusedPair {
  readonly confused: readonly ReportedImage[];
  readonly others: readonly ReportedImage[];
}

/** An image, and what was answered. */
export interface ReportedImage {
  /** Names of classes. */
  readonly label: string;
  readonly answer: string;
  /** Probabilities of the answer and of the true class, 0 to 1. */
  readonly confidence: number;
  readonly ofLabel: number;
  /** Cross-entropy: −ln `ofLabel`. */
  readonly loss: number;
  /** Where it lies, for people. */
  readonly place?: string;
  /** Itself, as a `data:` address; absent where it could not be read. */
  readonly picture?: string;
  /** Where the model looked, as a `data:` address of a picture that is shown beside it; absent where nobody has drawn it. */
  readonly map?: string;
}

/** A run beside the first. */
export interface ReportedComparison extends Comparison {
  /** Positions among the runs. */
  readonly first: number;
  readonly second: number;
  /** `p`, raised for as many comparisons as there are. */
  readonly adjustedP: number;
}
