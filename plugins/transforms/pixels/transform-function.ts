/** What a transform's module exports for the threads. Types only. */
import type { InputSettings } from "../../../core/index.js";
import type { Pixels } from "./pixels.js";

/** What a transform is told beside the picture. */
export interface TransformTask<Options = Readonly<Record<string, unknown>>> {
  /** `Transform.options`, as the entry made them. */
  readonly options: Options;
  /** What `Transform.draw` drew for this picture in this epoch. Empty where it draws nothing. */
  readonly drawn: readonly number[];
  /** The stage's: `crop` is the side that pictures must have after the last transform. */
  readonly input: InputSettings;
  /** More pixels than that no picture may have, on its way either. Default: any number. */
  readonly maxPixels?: number;
}

/**
 * One picture becomes another. It depends on nothing but its arguments, and leaves the picture it is given as it is:
 * others hold it too.
 */
export type TransformFunction<Options = Readonly<Record<string, unknown>>> = (
  picture: Pixels,
  task: TransformTask<Options>,
) => Pixels | Promise<Pixels>;
