/** Photographs from a folder of class folders. */
import {
  definePlugin,
  describeOptions,
  type InputSettings,
  type Logger,
  type RunScope,
  type Source,
  type Split,
} from "../../core/index.js";
import { checkFolder } from "./folder/check.js";
import { tellCutOff } from "./folder/cut-off.js";
import { type FolderOptions, folderSchema } from "./folder/options.js";
import { rankedFingerprint, withRanks } from "./folder/taxonomy.js";
import { tellLayout } from "./folder/tell.js";
import { tellTwins } from "./folder/twins.js";
import type { Resizing } from "./images/header.js";
import { createImageSource } from "./images/image-source.js";
import { openDiskCache } from "./images/open-disk-cache.js";
import { createWorkerPool } from "./images/pool.js";
import { factsOf, overlapsOf, recipeOf, requireBoxes, setFingerprint } from "./sets/about.js";
import { readSet, setName } from "./sets/read-set.js";

export type { FolderOptions } from "./folder/options.js";

declare module "../../core/index.js" {
  interface Sources {
    readonly folder: FolderOptions;
  }
}

const OWNER = "source folder";

/**
 * Registers the source `folder`: `<path>/{train,test}/<class>/*`, or `<path>/<class>/*` with a seeded split; and published sets as
 * they are downloaded, in their own order and split.
 *
 * JPEG, PNG, WebP and GIF, told apart by their bytes; grey, transparent, CMYK and EXIF-rotated ones too. Labels follow the
 * byte-wise order of the class folders' names, unless a published set says otherwise.
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
    ...describeOptions(OWNER, folderSchema),
    create: (options, { logger }) => ({
      open: (inputs = []) => openFolder(options, inputs, logger),
      recognise: () => setName(options),
      check: async (asked) => {
        const { checkData } = await import("./check/check-data.js");
        return checkData(await withRanks(await readSet(options, logger), options), options, asked);
      },
    }),
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
  const layout = await withRanks(await readSet(options, logger), options);
  requireBoxes(layout, options);
  tellLayout(layout, options, logger);
  const { candidates, hashes, fingerprint } = await checkFolder(layout, options, firstSizes(inputs), logger);
  await tellTwins(layout.root, candidates, hashes, logger);
  await tellCutOff(layout.root, candidates, inputs, options, logger);
  const { default: sharp } = await import("sharp");
  const labels = new Map(layout.classes.map((name, label) => [name, label]));
  const within = (wanted: Split) => candidates.filter(({ split }) => split === wanted);
  const samplesOf = (wanted: Split) =>
    within(wanted).map((candidate) => ({
      recipe: recipeOf(candidate, layout.root, options),
      label: labels.get(candidate.className) as number,
    }));
  const bySplit = { train: within("train"), validation: within("validation"), test: within("test") };
  const { cachePath, cachePathBytes } = options;
  // Another decoder may give other pixels.
  const disk =
    cachePath === null ? undefined : openDiskCache(cachePath, cachePathBytes, JSON.stringify(sharp.versions));
  const source = createImageSource({
    classes: layout.classes,
    ranks: layout.ranks,
    samples: { train: samplesOf("train"), validation: samplesOf("validation"), test: samplesOf("test") },
    fingerprint: setFingerprint(
      options.rank === null ? fingerprint : rankedFingerprint(fingerprint, candidates),
      layout,
      candidates,
      options,
    ),
    // sharp itself, libvips, and the decoders that are built into it.
    libraries: { ...sharp.versions },
    sampler: options.sampler,
    pool: createWorkerPool(options.workers, OWNER),
    cacheBytes: options.cacheBytes,
    ...(disk && { disk }),
    prefetchBytes: options.prefetchBytes,
    normalise: options.normalise,
    patience: options.patience,
  });
  return { ...source, ...overlapsOf(layout), about: factsOf(layout.root, bySplit) };
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
