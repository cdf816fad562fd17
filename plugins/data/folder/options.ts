/** The options of the folder source. */
import { z } from "zod";
import type { OptionsOf } from "../../../core/index.js";
import { share } from "../../layers/option-types.js";
import { threadOptions } from "../images/options.js";
import { samplers } from "../images/visits.js";

/** Of `data.layout`, and of `--data <layout>=<path>`. */
const layoutNames = [
  "auto",
  "folders",
  "list",
  "parquet",
  "cub",
  "nabirds",
  "cars",
  "aircraft",
  "dogs",
  "pets",
  "flowers",
  "food101",
  "foodx",
  "inaturalist",
] as const;

export type LayoutName = (typeof layoutNames)[number];

const folders = z.array(z.string().min(1));
/** Of a whole that shall not become empty, nor be taken whole. */
const part = z.number().gt(0).lt(1);

export const folderSchema = z.object({
  path: z
    .string()
    .min(1)
    .describe(
      "The folder that holds train/ and test/ with a folder per class in each, or the class folders themselves.",
    ),
  layout: z
    .enum(layoutNames)
    .default("auto")
    .describe(
      "What the folder is: a published data set by name, list (a CSV or JSONL file of paths and labels), parquet, folders (of classes); auto: what it looks like.",
    ),
  and: z
    .array(z.object({ path: z.string().min(1), layout: z.enum(layoutNames).default("auto") }))
    .readonly()
    .default([])
    .describe(
      "Further data sets whose classes follow those of the first; the command line joins places with a plus sign.",
    ),
  crop: z
    .enum(["whole", "box"])
    .default("whole")
    .describe("box: of each picture only its bounding box is seen, where the data set has them."),
  cropBanner: z
    .number()
    .int()
    .nonnegative()
    .default(20)
    .describe("Rows of pixels cut from the lower end of pictures that end with a banner: FGVC-Aircraft's."),
  rank: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      "Groups of classes that become the classes, by the rank that the data set or its taxonomy.csv knows; null: its classes.",
    ),
  splitPath: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe("A list of which images train, validate and test, for sets that come without; null: the set's own."),
  sampler: z
    .enum(samplers)
    .default("shuffled")
    .describe(
      "How training draws images: shuffled: each once an epoch; balanced: of every class as many, so that those of small classes come several times an epoch, each time augmented anew; repeated: a third of the images an epoch, each three times in a row, augmented anew (DeiT's repeated augmentation).",
    ),
  testFolders: folders
    .min(1)
    .readonly()
    .nullable()
    .default(null)
    .describe(
      "Folders next to train/ that make up the test split; null: test, by any usual name (Test, testing, test_set, seg_test), else the validation folder.",
    ),
  validationFolders: folders
    .readonly()
    .nullable()
    .default(null)
    .describe(
      "Folders next to train/ that make up the validation split; null: where test/ is there, the first of val, valid, validation, in any case, that has class folders and is no test folder; []: none.",
    ),
  validation: part
    .nullable()
    .default(null)
    .describe(
      "Share of the training images of each class that becomes the validation split; splitSeed decides which, and the others stay in their order; null: none.",
    ),
  split: part.default(0.2).describe("Share of each class that becomes the test split where there is no train/."),
  testAll: z
    .boolean()
    .default(false)
    .describe(
      "Every image of a folder without train/ is a test image, and there is none to train on: what fgkd eval --data sets.",
    ),
  splitSeed: z
    .number()
    .int()
    .default(0)
    .describe("Decides which images those shares consist of; the run's seed does not."),
  onBadImage: z
    .enum(["fail", "skip"])
    .default("fail")
    .describe(
      "fail: a file that cannot be used stops the run; skip: every image is decoded once at the start, and what cannot be used is left out and named.",
    ),
  badImageShare: share
    .default(0.1)
    .describe(
      "With skip: the share of bad images above which the run stops all the same, since then something else is wrong.",
    ),
  maxPixels: z
    .number()
    .int()
    .positive()
    .max(2 ** 30)
    .default(2 ** 26)
    .describe("Pixels above which an image counts as bad, as it is or as it becomes: decoding takes memory for each."),
  exif: z
    .enum(["apply", "ignore"])
    .default("apply")
    .describe("Whether photographs are turned the way the camera noted. PyTorch's loaders do not."),
  decode: z
    .enum(["exact", "reduced"])
    .default("exact")
    .describe(
      "reduced: a JPEG that is at least six times as large as what it is resized to first is decoded at a third, a fifth or a ninth of its size; pixels differ by less than a grey level on average from those of exact.",
    ),
  ...threadOptions,
  cachePath: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe("A folder that keeps pictures at working size from run to run; null: none."),
  cachePathBytes: z
    .number()
    .nonnegative()
    .default(2 ** 34)
    .describe("What that folder may hold, in bytes."),
});

export type FolderOptions = OptionsOf<typeof folderSchema>;
