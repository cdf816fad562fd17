/** Layouts of data folders, without a byte of any image: listing opens no file. */
import { drawSplits } from "../../../plugins/data/folder/draw-splits.js";
import { type FolderLayout, readLayout } from "../../../plugins/data/folder/layout.js";
import { type FolderOptions, folderSchema } from "../../../plugins/data/folder/options.js";
import { folderWith } from "./support.js";

const defaults = folderSchema.parse({ path: "." });

/** Files by folder: `{ "train/a": 3 }` is `train/a/0.jpg`, `1.jpg`, `2.jpg`. */
export function files(counts: Readonly<Record<string, number>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(counts).flatMap(([folder, count]) =>
      Array.from({ length: count }, (_, index) => [`${folder}/${index}.jpg`, ""]),
    ),
  );
}

export async function layoutOf(
  tree: Readonly<Record<string, string>>,
  options: Partial<FolderOptions> = {},
): Promise<FolderLayout> {
  return layoutIn(await folderWith(tree), options);
}

export async function layoutIn(path: string, options: Partial<FolderOptions> = {}): Promise<FolderLayout> {
  const all = { ...defaults, ...options, path };
  return drawSplits(await readLayout(all), all);
}

/** What refuses a layout, with ROOT for the folder's path. */
export async function refusal(
  tree: Readonly<Record<string, string>>,
  options: Partial<FolderOptions> = {},
): Promise<string> {
  const root = await folderWith(tree);
  return layoutIn(root, options).then(
    ({ classes }) => `read as ${classes.join(", ")}`,
    (error: Error) => error.message.replaceAll(root, "ROOT"),
  );
}

/** How many files each split has. */
export function countsOf({ candidates }: FolderLayout): readonly [train: number, validation: number, test: number] {
  const count = (wanted: string) => candidates.filter(({ split }) => split === wanted).length;
  return [count("train"), count("validation"), count("test")];
}
