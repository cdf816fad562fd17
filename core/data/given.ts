/** Images that are in no data set: what a trained model is asked about. */
import type { Batch } from "../values/records.js";

/** A file by its path, the bytes of one, or a picture: eight-bit RGB, rows from the top, `height × width × 3` bytes. */
export type GivenImage =
  | string
  | Uint8Array
  | { readonly width: number; readonly height: number; readonly data: Uint8Array };

/** Some of the images that were given, as they come from a source. */
export interface GivenBatch {
  readonly given: readonly GivenImage[];
  /** Those that could be read: `indices` are their positions in `given`. Absent where none could. */
  readonly batch?: Batch;
  /** Why the others could not, by position in `given`, in words that follow a name and a colon. */
  readonly problems: ReadonlyMap<number, string>;
}
