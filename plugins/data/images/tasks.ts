/** What the main thread and the workers say to each other. Types only. */
import type { InputSettings } from "../../../core/index.js";
import type { Scene } from "../birds/scene.js";
import type { Exif } from "./decode.js";
import type { Pixels } from "./pixels.js";

/** How one picture comes into being. */
export type Recipe =
  | { readonly kind: "file"; readonly path: string; readonly exif: Exif; readonly maxPixels: number }
  | { readonly kind: "bird"; readonly scene: Scene };

/** One image of a batch, with everything random about it already drawn: workers draw nothing. */
export interface SampleTask {
  readonly recipe: Recipe;
  /** Resized already, from the cache. */
  readonly cached?: Pixels;
  /** Where to crop, each uniform in `[0, 1)`; absent for the centre. */
  readonly position?: readonly [x: number, y: number];
  readonly flip: boolean;
}

export interface BatchTask {
  readonly samples: readonly SampleTask[];
  readonly input: InputSettings;
  /** Whether resized images are wanted for the cache. */
  readonly keep: boolean;
  /** One shared number: not 0 when nobody wants the result any more. */
  readonly stop: Int32Array;
}

export interface BatchResult {
  /** `[batch, crop, crop, 3]`, normalised. */
  readonly images: Float32Array;
  /** By position in the batch; only those worth keeping. */
  readonly prepared: readonly (Pixels | undefined)[];
  /** Set instead of all that when an image could not be made. */
  readonly failure?: { readonly path: string; readonly problem: string };
}
