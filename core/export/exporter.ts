/** Formats that a model can be exported to. */
import type * as tf from "@tensorflow/tfjs";
import type { Graph } from "../graph/graph.js";
import type { Model } from "../models/model.js";
import type { Precision } from "../onnx/precision.js";
import type { ExportAbout } from "./about.js";

/** What is written. */
export interface ExportSubject {
  /** For messages: its role. */
  readonly owner: string;
  readonly model: Model;
  /**
   * What it computes, simplified: from pixels in [0, 1] to `logits`; `probabilities`, their softmax at the temperature of its calibration; and `features`,
   * its last map, where it has one.
   */
  readonly graph: Graph;
  readonly about: ExportAbout;
  readonly precision: Precision;
}

/** An exported model as somebody else would ask it. */
export interface AskedModel {
  /** What it says of itself: an {@link ExportAbout}, unless somebody has changed it. */
  readonly about: unknown;
  /**
   * @param images `[batch, size, size, 3]`, pixels in [0, 1]; not its to free
   * @returns `[batch, classes]`, row by row; `probabilities` where the format has them
   */
  answers(images: tf.Tensor4D): Promise<{ readonly logits: Float32Array; readonly probabilities?: Float32Array }>;
  close(): Promise<void>;
}

/** A format. */
export interface Exporter {
  /** `--to <name>` */
  readonly name: string;
  /** What its file's name ends with; none for a folder. */
  readonly extension: string;
  /** Of weights. */
  readonly precisions: readonly Precision[];
  /** Writes all of it at a place where nothing is. */
  write(subject: ExportSubject, place: string): Promise<void>;
  /**
   * Opens what was written, with the software that its users have.
   *
   * @param subject what it was written of
   * @throws FGKD_EXPORT_MISMATCH, with what to install, where that is not here
   */
  open(place: string, subject: ExportSubject): Promise<AskedModel>;
  /** Lines of code that load it, for whoever has exported it. Default: none are shown. */
  loader?(place: string, about: ExportAbout): string;
}
