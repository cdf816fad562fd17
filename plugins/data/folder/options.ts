/** The options of the folder source. */
import type { Exif } from "../images/decode.js";

export interface FolderOptions {
  /** The folder that holds `train/` and `test/` with a folder per class in each, or the class folders themselves. */
  readonly path: string;
  /**
   * Folders next to `train/` that make up the test split. Default: `test`, by any usual name (`Test`, `testing`, `test_set`,
   * `seg_test`); else the validation folder.
   */
  readonly testFolders?: readonly string[] | null;
  /**
   * Folders next to `train/` that make up the validation split. Default `null`: where `test/` is there, the first of `val`,
   * `valid`, `validation`, in any case, that has class folders and is no test folder. `[]`: none.
   */
  readonly validationFolders?: readonly string[] | null;
  /**
   * Share of the training images of each class that becomes the validation split. `splitSeed` decides which; the others
   * stay in their order. Default `null`: none.
   */
  readonly validation?: number | null;
  /** Share of each class that becomes the test split where there is no `train/`. Default 0.2. */
  readonly split?: number;
  /**
   * Every image of a folder without `train/` is a test image, and there is none to train on: what `fgkd eval --data` sets.
   * Default false.
   */
  readonly testAll?: boolean;
  /** Decides which images that share consists of; the run's seed does not. Default 0. */
  readonly splitSeed?: number;
  /**
   * `fail`: a file that cannot be used stops the run. `skip`: every image is decoded once at the start, and what
   * cannot be used is left out and named. Default `fail`.
   */
  readonly onBadImage?: "fail" | "skip";
  /**
   * With `skip`: the share of bad images above which the run stops all the same, since then something else is wrong.
   * Default 0.1.
   */
  readonly badImageShare?: number;
  /** Pixels above which an image counts as bad: decoding takes memory for each. Default 2²⁶, 8192 × 8192. */
  readonly maxPixels?: number;
  /** Whether photographs are turned the way the camera noted. PyTorch's loaders do not. Default `apply`. */
  readonly exif?: Exif;
  /** Threads that decode. Default: one per core, at most eight. */
  readonly workers?: number | null;
  /** Memory for resized images. Default 1 GiB. */
  readonly cacheBytes?: number;
  /** Where pixels become normalised floats; the bytes are the same. Default `threads`. */
  readonly normalise?: "threads" | "device";
  /** Seconds that training waits for a batch before its thread counts as hung. Default 300. */
  readonly patience?: number;
}
