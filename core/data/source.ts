/** Sources of data: where batches come from. */
import type { Choice, Transform, Transforms } from "../registries/entry.js";
import type { Batch } from "../values/records.js";
import type { GivenBatch, GivenImage } from "./given.js";
import type { DataCheck, DataReport } from "./report.js";
import type { Split } from "./split.js";

export { type Split, splits } from "./split.js";

/** How an image becomes a tensor; the same for every source. Sizes in pixels. */
export interface InputSettings {
  /** Size before cropping. Default 512. */
  readonly resize: number;
  /** `shorter`: the shorter side becomes `resize`. `warp`: both sides do. Default `shorter`. */
  readonly fit: "shorter" | "warp";
  /** Zero padding around the resized image before the random crop. Default 0. */
  readonly pad: number;
  /** Side of the square the network sees: random in training, central in tests. Default 448. */
  readonly crop: number;
  /** Probability of a horizontal flip in training. Default 0.5. */
  readonly flip: number;
  /** Per channel, of pixels in [0, 1]. Default ImageNet's. */
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
  /**
   * What happens to each picture, in order, before it is normalised: in training, and in tests, where nothing may be drawn.
   * Default: what `resize`, `fit`, `pad`, `crop` and `flip` say. Whatever the list, pictures end as squares of `crop`.
   */
  readonly transforms?: {
    readonly train?: readonly TransformLine[] | null;
    readonly test?: readonly TransformLine[] | null;
  };
}

/** A line of such a list. */
type TransformLine = Choice<Transforms> | { readonly name: string };

/** A transform as a line of settings chose it. */
export interface ChosenTransform extends Transform {
  readonly name: string;
}

/** One walk over a split. A resumed run asks for the rest of a walk with `skip`. */
export interface Pass {
  readonly split: Split;
  /** Train passes are shuffled, augmented, and drop the last partial batch; test passes are none of it. */
  readonly mode: "train" | "test";
  /** Counted from 0; with `seed`, decides order and augmentation of every sample. */
  readonly epoch: number;
  readonly seed: string;
  readonly batchSize: number;
  /** Batches of this pass that were taken before. */
  readonly skip: number;
  readonly input: InputSettings;
  /** What `input.transforms` chose for this mode. Default: as `resize`, `fit`, `pad`, `crop` and `flip` say. */
  readonly transforms?: readonly ChosenTransform[];
}

/** A rectangle, in pixels; of a picture from its top left. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Groups of classes: by rank, `family` say, the group of each class in label order. */
export type Ranks = Readonly<Record<string, readonly string[]>>;

/** What a source knows of an image beside its class. Places are in pixels of the picture as it is stored. */
export interface ImageFacts {
  /** Its file. */
  readonly path?: string;
  /** Where the object is. */
  readonly box?: Rectangle;
  /** Places of the object's parts, by name. */
  readonly parts?: Readonly<Record<string, readonly [x: number, y: number]>>;
  /** Which of the sets that were merged it is from. */
  readonly set?: string;
}

/** A data set, open for reading. */
export interface Source {
  /** Class names in label order. */
  readonly classes: readonly string[];
  /** Those that it has, and may be asked for. Default: train and test. */
  readonly splits?: readonly Split[];
  /** Groups of the classes above them. Default: none. */
  readonly ranks?: Ranks;
  /** What its images have in common with those that public weights were trained on, in sentences. Default: nothing known. */
  readonly overlaps?: readonly string[];
  /** Images in a split. */
  count(split: Split): number;
  /** Images in a split, class by class in label order: what losses that weigh classes count by. Default: not known. */
  classCounts?(split: Split): readonly number[];
  /** @param index position in the split, as `Batch.indices` has it */
  about?(split: Split, index: number): ImageFacts;
  /**
   * Changes when an image, its place or its class does, as far as the source looks at it; kept in the run's manifest.
   */
  readonly fingerprint: string;
  /** What decodes and changes its pictures, by name: a run that goes on under others is told. Default: nothing of its own. */
  readonly libraries?: Readonly<Record<string, string>>;
  /** How many batches a whole pass has. */
  batchCount(pass: Pick<Pass, "split" | "mode" | "batchSize">): number;
  /** Tensors are made when pulled and belong to whoever pulls. Leaving early stops the work behind it. */
  batches(pass: Pass): AsyncGenerator<Batch, void, undefined>;
  /**
   * Batches of images that are in no split, without labels: as its test images are, in the order in which they are given. Default:
   * it reads none but its own.
   */
  read?(
    images: AsyncIterable<GivenImage>,
    pass: Pick<Pass, "batchSize" | "input" | "transforms">,
  ): AsyncGenerator<GivenBatch, void, undefined>;
  close(): Promise<void>;
}

/** The part of a source that a test reads. */
export type TestedSource = Pick<Source, "classes" | "ranks" | "about" | "batches">;

/** Images in a split; none where the source does not have it. */
export function countIn(source: Pick<Source, "splits" | "count">, split: Split): number {
  return (source.splits ?? ["train", "test"]).includes(split) ? source.count(split) : 0;
}

/** Batches that an epoch of training takes: a pass, or as many as the settings say, where those are fewer. */
export function stepsPerEpoch(
  { batchSize, stepsPerEpoch }: { readonly batchSize: number; readonly stepsPerEpoch: number | null },
  source: Pick<Source, "batchCount">,
): number {
  return Math.min(
    source.batchCount({ split: "train", mode: "train", batchSize }),
    stepsPerEpoch ?? Number.POSITIVE_INFINITY,
  );
}

/** What a registry entry of kind "source" makes: opening reads the disk, so it is awaited. */
export interface SourceOpener {
  /** @param inputs of the stages that will read it, where known: what they cannot use is then told of before they begin */
  open(inputs?: readonly InputSettings[]): Promise<Source>;
  /**
   * The published set that it is, as `data.layout` calls it: told by the names of its files, of which none is read. `null`: none, or that
   * cannot be told. Default: none.
   */
  recognise?(): Promise<string | null>;
  /**
   * Looks at every image, whatever is wrong with it. Default: this source has nothing to look at.
   *
   * @throws FGKD_PATH, FGKD_INVALID_DATA where the classes cannot even be listed
   */
  check?(asked: DataCheck): Promise<DataReport>;
}
