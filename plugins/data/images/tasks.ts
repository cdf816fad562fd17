/** What the main thread and the workers say to each other. Types only. */
import type { InputSettings, Rectangle } from "../../../core/index.js";
import type { Pixels } from "../../transforms/pixels/pixels.js";
import type { Scene } from "../birds/scene.js";
import type { Exif } from "./decode.js";
import type { DiskCache } from "./disk-cache.js";
import type { PictureMemory } from "./memory.js";
import type { FirstResize } from "./reduce.js";
import type { TransformCall } from "./transform-calls.js";

/** How what somebody stored is decoded. */
interface Decoding {
  readonly exif: Exif;
  readonly maxPixels: number;
  /** Whether a JPEG may be decoded smaller where the first transform makes it small. Default: it is decoded whole. */
  readonly decode?: "reduced";
}

/** How one picture comes into being. */
export type Recipe =
  | (Decoding & {
      readonly kind: "file";
      readonly path: string;
      /** Rows at its lower end that are dropped. Default: none. */
      readonly banner?: number;
      /** The part of it that counts, in pixels of what is left. Default: all. */
      readonly part?: Rectangle;
    })
  | (Decoding & { readonly kind: "bytes"; readonly bytes: Uint8Array })
  | { readonly kind: "pixels"; readonly pixels: Pixels; readonly maxPixels: number }
  | { readonly kind: "bird"; readonly scene: Scene };

/** One image of a batch, with everything random about it already drawn: workers draw nothing. */
export interface SampleTask {
  readonly recipe: Recipe;
  /** From the cache: the first transforms are done. */
  readonly cached?: Pixels;
  /** Of each transform, what was drawn for this picture. */
  readonly drawn: readonly (readonly number[])[];
}

export interface BatchTask {
  readonly samples: readonly SampleTask[];
  readonly input: InputSettings;
  readonly transforms: readonly TransformCall[];
  /** To what the first of them resizes; absent where it does something else. */
  readonly next?: FirstResize;
  /** After so many of them a picture is as the cache has it. */
  readonly kept: number;
  /** How many bytes of such pictures are wanted for the cache. */
  readonly keep: number;
  /** Where such pictures are kept from run to run. Default: nowhere. */
  readonly disk?: DiskCache;
  /** What all threads share out. */
  readonly memory: PictureMemory;
  /** Whether the others are wanted when a picture cannot be read. Default: then none is. */
  readonly spares?: boolean;
  /**
   * Where the batch goes, `[batch, crop, crop, 3]`, in memory that all threads see: floats for normalised pixels, bytes for pixels
   * as they are, for the device to normalise. Without those that cannot be read, where others are wanted.
   */
  readonly images: Float32Array | Uint8Array;
  /** One shared number: not 0 when nobody wants the result any more. */
  readonly stop: Int32Array;
}

export interface BatchResult {
  /** By position in the batch; only those worth keeping. */
  readonly prepared: readonly (Pixels | undefined)[];
  /** What could not be read, by position in the task, where the others were wanted. */
  readonly unread?: ReadonlyMap<number, string>;
  /** Set instead of all that when an image could not be made; `transform` is which one failed, and where it lies. */
  readonly failure?: { readonly path: string; readonly problem: string; readonly transform?: string };
}
