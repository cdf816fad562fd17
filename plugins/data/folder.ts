/** Photographs from a folder of class folders. */
import { join } from "node:path";
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
import { readLayout } from "./folder/layout.js";
import { type FolderOptions, folderSchema } from "./folder/options.js";
import { tellLayout } from "./folder/tell.js";
import { tellTwins } from "./folder/twins.js";
import type { Resizing } from "./images/header.js";
import { createImageSource } from "./images/image-source.js";
import { openDiskCache } from "./images/open-disk-cache.js";
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
    ...describeOptions(OWNER, folderSchema),
    create: (options, { logger }) => ({ open: (inputs = []) => openFolder(options, inputs, logger) }),
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
  tellLayout(layout, options, logger);
  const { candidates, hashes, fingerprint } = await checkFolder(layout, options, firstSizes(inputs), logger);
  await tellTwins(layout.root, candidates, hashes, logger);
  const { default: sharp } = await import("sharp");
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
  const { cachePath, cachePathBytes } = options;
  // Another decoder may give other pixels.
  const disk =
    cachePath === null ? undefined : openDiskCache(cachePath, cachePathBytes, JSON.stringify(sharp.versions));
  return createImageSource({
    classes: layout.classes,
    samples: { train: samplesOf("train"), validation: samplesOf("validation"), test: samplesOf("test") },
    fingerprint,
    // sharp itself, libvips, and the decoders that are built into it.
    libraries: { ...sharp.versions },
    pool: createWorkerPool(options.workers, OWNER),
    cacheBytes: options.cacheBytes,
    ...(disk && { disk }),
    prefetchBytes: options.prefetchBytes,
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
