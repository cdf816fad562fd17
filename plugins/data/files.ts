/** Files that are in no data set: what `fgkd predict` is given. */
import { z } from "zod";
import { definePlugin, describeOptions, type OptionsOf, type RunScope, type Source } from "../../core/index.js";
import { folderSchema } from "./folder/options.js";
import { threadOptions } from "./images/options.js";
import { createWorkerPool } from "./images/pool.js";
import { readGiven } from "./images/read-given.js";

const { exif, maxPixels, decode } = folderSchema.shape;
const { cacheBytes: _, ...threads } = threadOptions;
const schema = z.object({ exif, maxPixels, decode, ...threads });

export type FilesOptions = OptionsOf<typeof schema>;

declare module "../../core/index.js" {
  interface Sources {
    readonly files: FilesOptions;
  }
}

const OWNER = "source files";

/**
 * Registers the source `files`, which has no images of its own and reads those that it is given: as the folder source reads the test
 * images of a folder.
 *
 * @example
 * createTraining({ plugins: [filesSource()] }).sources.create("files", { exif: "ignore" });
 */
export const filesSource = definePlugin<object>({
  name: "files-source",
  defaults: {},
  register: (run) => registerFiles(run),
});

export function registerFiles({ sources }: RunScope): void {
  sources.register("files", {
    ...describeOptions(OWNER, schema),
    create: (options) => ({ open: async () => openFiles(options) }),
  });
}

function openFiles({ workers, ...options }: Required<FilesOptions>): Source {
  const pool = createWorkerPool(workers, OWNER);
  return {
    classes: [],
    splits: [],
    count: () => 0,
    fingerprint: "files",
    batchCount: () => 0,
    async *batches() {},
    read: (images, pass) => readGiven(images, pass, { pool, ...options }),
    close: pool.close,
  };
}
