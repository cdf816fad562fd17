/** What advice is made of: what was measured, and nothing else. */
import type { EpochSummary } from "../values/records.js";

/** A sentence, with what is to be done. */
export interface Advice {
  readonly about:
    | "weak-teacher"
    | "distillation-hurts"
    | "noise"
    | "mixing"
    | "imbalance"
    | "small-images"
    | "rate-diverged"
    | "rate-too-low"
    | "teacher-choice"
    | "teacher-unfit";
  readonly text: string;
}

/** What a run has measured. */
export interface RunFacts {
  readonly contestants: readonly Contestant[];
  /** `[images]`: positions of the true classes of the test images, and of those that were trained on. */
  readonly labels: readonly number[];
  readonly trainLabels: readonly number[];
  readonly stages: readonly StageFacts[];
  /** `null` where it is not known how many images each class has to train on. */
  readonly classes: readonly ClassFacts[] | null;
  /** Whether rare classes are drawn more often, or count more, already. */
  readonly isBalanced: boolean;
  /** `null` where the images are in no files. */
  readonly pictures: PictureFacts | null;
  readonly inputs: readonly InputFacts[];
}

/** A model of a run, and what it answered. */
export interface Contestant {
  /** As tables name its stage. */
  readonly name: string;
  /** As `fgkd eval` takes it. */
  readonly place: string;
  readonly stage: string;
  /** `taught` by a teacher, or `alone`: without. */
  readonly part: "teacher" | "taught" | "alone";
  /** The same text for the same network with the same weights to begin with. */
  readonly network: string;
  readonly epochs: number;
  /** What mixes images of its batches in training, by name. */
  readonly mixes: readonly string[];
  /** `[images]`: positions of the classes that it answered on test images. */
  readonly test: readonly number[];
  /** The same on the images that were trained on, seen as in tests; `null` where it was not asked. */
  readonly train: readonly number[] | null;
}

/** How a stage went. */
export interface StageFacts {
  readonly stage: string;
  readonly title: string;
  /** As somebody would type it. */
  readonly preset: string;
  /** Of the settings. */
  readonly learningRate: number;
  readonly classes: number;
  /** Steps that it took. */
  readonly steps: number;
  readonly history: readonly EpochSummary[];
  /** Images on which its epochs were measured, and the share of them, in percent, that are of the class with the most. */
  readonly images: number;
  readonly majority: number;
}

/** A class: its images to train on, and, where a model was tested, its test images and how many of them are right. */
export interface ClassFacts {
  readonly name: string;
  readonly train: number;
  readonly tested?: { readonly right: number; readonly images: number };
}

/** How large pictures are that are trained on: of so many, the median of the shorter sides, in pixels. */
export interface PictureFacts {
  readonly looked: number;
  readonly shorter: number;
}

/** How large a model's images are, in pixels. */
export interface InputFacts {
  readonly role: string;
  /** To which the shorter side is resized, and of which the middle is taken. */
  readonly resize: number;
  readonly crop: number;
  /** To which the model resizes that; `null`: not at all. */
  readonly size: number | null;
}
