/** Photographs from a folder of class folders. */
import { join } from "node:path";
import {
  definePlugin,
  type InputSettings,
  invalidOption,
  type Logger,
  type RunScope,
  type Source,
  type Split,
} from "../../core/index.js";
import { checkFolder } from "./folder/check.js";
import { type Candidate, readLayout } from "./folder/layout.js";
import type { FolderOptions } from "./folder/options.js";
import type { Resizing } from "./images/header.js";
import { createImageSource } from "./images/image-source.js";
import { createWorkerPool } from "./images/pool.js";

export type { FolderOptions } from "./folder/options.js";

declare module "../../core/index.js" {
  interface Sources {
    readonly folder: FolderOptions;
  }
}

const OWNER = "source folder";

/**
 * Registers the source `folder`: `<path>/{train,test}/<class>/*`, or `<path>/<class>/*` with a seeded split.
 *
 * JPEG, PNG and WebP, told apart by their bytes; grey, transparent, CMYK and EXIF-rotated ones too. Labels follow the
 * byte-wise order of the class folders' names.
 *
 * @example
 * createTraining({ plugins: [folderSource()] }).sources.create("folder", { path: "birds" });
 */
export const folderSource = definePlugin<object>({
  name: "folder-source",
  defaults: {},
  register: (run) => registerFolder(run),
});

export function registerFolder({ sources }: RunScope): void {
  sources.register("folder", {
    defaults: {
      testFolders: null,
      validationFolders: null,
      validation: null,
      split: 0.2,
      splitSeed: 0,
      onBadImage: "fail",
      badImageShare: 0.1,
      maxPixels: 2 ** 26,
      exif: "apply",
      workers: null,
      cacheBytes: 2 ** 30,
      normalise: "threads",
      patience: 300,
    },
    required: ["path"],
    create: (options, { logger }) => {
      check(options);
      return { open: (inputs = []) => openFolder(options, inputs, logger) };
    },
  });
}

/**
 * Opens a folder of class folders: lists it and looks at every file.
 *
 * @throws FGKD_PATH, FGKD_INVALID_DATA, FGKD_BAD_IMAGE
 */
async function openFolder(
  options: Required<FolderOptions>,
  inputs: readonly InputSettings[],
  logger: Logger,
): Promise<Source> {
  const layout = await readLayout(options);
  const { candidates, fingerprint } = await checkFolder(layout, options, firstSizes(inputs), logger);
  tellFound(candidates, options, logger);
  const labels = new Map(layout.classes.map((name, label) => [name, label]));
  const samplesOf = (wanted: Split) =>
    candidates
      .filter(({ split }) => split === wanted)
      .map(({ path, className }) => ({
        recipe: {
          kind: "file",
          path: join(layout.root, path),
          exif: options.exif,
          maxPixels: options.maxPixels,
        } as const,
        label: labels.get(className) as number,
      }));
  return createImageSource({
    classes: layout.classes,
    samples: { train: samplesOf("train"), validation: samplesOf("validation"), test: samplesOf("test") },
    fingerprint,
    pool: createWorkerPool(options.workers, OWNER),
    cacheBytes: options.cacheBytes,
    normalise: options.normalise,
    patience: options.patience,
  });
}

/** To which sizes stages resize whole pictures. */
function firstSizes(inputs: readonly InputSettings[]): readonly Resizing[] {
  return inputs.flatMap(({ resize, fit, transforms: { train, test } = {} }) =>
    [train ?? [{ name: "resize" }], test ?? [{ name: "resize" }]].flat().flatMap((line) => {
      if (line.name !== "resize") return [];
      const own = line as { readonly size?: number | null; readonly fit?: "shorter" | "warp" | null };
      return [{ resize: own.size ?? resize, fit: own.fit ?? fit }];
    }),
  );
}

/** A folder that becomes the validation split unasked is told: epochs are then measured on it, and not on the test split. */
function tellFound(
  candidates: readonly Candidate[],
  { validation, validationFolders }: Required<FolderOptions>,
  logger: Logger,
): void {
  const found = candidates.find(({ split }) => split === "validation");
  if (!found || validation !== null || validationFolders !== null) return;
  const [folder] = found.path.split("/");
  logger.info(
    `${folder}/ is the validation split: epochs are measured on it, and test images once at the end. Set data.validationFolders to [] to leave it out.`,
  );
}

function check({
  path,
  testFolders,
  validationFolders,
  validation,
  split,
  splitSeed,
  onBadImage,
  exif,
  workers,
  cacheBytes,
  normalise,
  patience,
  badImageShare,
  maxPixels,
}: Required<FolderOptions>): void {
  const refuse = (option: string, mustBe: string, received: unknown, remedy: string) => {
    throw invalidOption(OWNER, option, mustBe, received, remedy);
  };
  if (typeof path !== "string" || path === "") refuse("path", "the path of a folder", path, "Pass it with --data.");
  if (testFolders && (!Array.isArray(testFolders) || testFolders.length === 0)) {
    refuse("testFolders", "a list of folder names", testFolders, 'For example ["test", "test-extra"].');
  }
  if (validationFolders && !Array.isArray(validationFolders))
    refuse("validationFolders", "a list of folder names", validationFolders, 'For example ["val"]; [] for none.');
  if (validation !== null && !(validation > 0 && validation < 1))
    refuse("validation", "between 0 and 1, or null", validation, "0.1 keeps a tenth of the training images.");
  if (!(split > 0 && split < 1)) refuse("split", "between 0 and 1", split, "0.2 tests on a fifth of each class.");
  if (!["fail", "skip"].includes(onBadImage))
    refuse("onBadImage", '"fail" or "skip"', onBadImage, "The default is fail.");
  if (!(badImageShare >= 0 && badImageShare <= 1))
    refuse("badImageShare", "between 0 and 1", badImageShare, "0.1 allows one image in ten to be bad.");
  if (!(Number.isInteger(maxPixels) && maxPixels > 0 && maxPixels <= 2 ** 30))
    refuse("maxPixels", "a whole number from 1 to 2^30", maxPixels, "The default is 2^26.");
  if (!["threads", "device"].includes(normalise))
    refuse("normalise", '"threads" or "device"', normalise, "The default is threads.");
  if (!["apply", "ignore"].includes(exif)) refuse("exif", '"apply" or "ignore"', exif, "The default is apply.");
  if (workers !== null && !(Number.isInteger(workers) && workers > 0 && workers <= 256)) {
    refuse("workers", "a whole number from 1 to 256, or null", workers, "null takes one per core, at most eight.");
  }
  if (!(patience > 0)) refuse("patience", "a number of seconds above 0", patience, "The default is 300.");
  if (!(cacheBytes >= 0)) refuse("cacheBytes", "0 or more", cacheBytes, "0 keeps no image in memory.");
  if (!Number.isSafeInteger(splitSeed)) refuse("splitSeed", "a whole number", splitSeed, "The default is 0.");
}
