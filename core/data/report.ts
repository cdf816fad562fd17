/** What a look at a whole data set found: what `fgkd data check` tells. */
import type { Split } from "./split.js";

/** What a check is asked for. */
export interface DataCheck {
  /** A PNG that shows images of every class, where it is to be written. Default: nowhere. */
  readonly sheet?: string;
  /** Told as images are looked at. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** How many images a class has of each split. */
export interface ClassCount {
  readonly name: string;
  readonly images: Readonly<Record<Split, number>>;
}

/** An image among others. */
export interface Placed {
  /** As the data set names it. */
  readonly path: string;
  readonly split: Split;
  readonly className: string;
}

/** Images that are one: byte for byte, or as far as one can see. */
export interface Duplicates {
  readonly alike: "exactly" | "nearly";
  /** Two of them at least. */
  readonly images: readonly Placed[];
}

export interface DataReport {
  /** What it is: `folders`, or a published data set by its name. */
  readonly layout: string;
  /** Its root. */
  readonly path: string;
  /** Who says in which order the classes are. */
  readonly order: string;
  readonly counts: Readonly<Record<Split, number>>;
  /** In label order. */
  readonly classes: readonly ClassCount[];
  /** Of each rank above the classes, how many groups it has. */
  readonly ranks: Readonly<Record<string, number>>;
  /** What cannot be used, and why. */
  readonly corrupt: readonly { readonly path: string; readonly problem: string }[];
  /** Of pictures, in pixels. `null` where none can be read. */
  readonly sizes: {
    readonly smallest: SizedImage;
    readonly median: readonly [width: number, height: number];
    readonly largest: SizedImage;
  } | null;
  readonly duplicates: readonly Duplicates[];
  /** Images to train on of the class that has most, for each of the one that has fewest; `null` where one has none. */
  readonly imbalance: number | null;
  /** A strip at the lower end of most pictures that is no photograph. */
  readonly banner: { readonly rows: number; readonly share: number } | null;
  /** What would spoil training, in sentences: a report without any passes. */
  readonly spoils: readonly string[];
  /** What one should know, in sentences. */
  readonly notes: readonly string[];
  /** Where the sheet was written. */
  readonly sheet?: string;
}

export interface SizedImage {
  readonly path: string;
  readonly width: number;
  readonly height: number;
}
