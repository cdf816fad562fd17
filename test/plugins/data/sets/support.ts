/** Reads published sets, real in layout and small in content, as the folder source does. */
import { cpSync, existsSync } from "node:fs";
import { basename, join } from "node:path";
import type { Split } from "../../../../core/index.js";
import type { FolderLayout } from "../../../../plugins/data/folder/layout.js";
import { type FolderOptions, folderSchema } from "../../../../plugins/data/folder/options.js";
import { lookInto } from "../../../../plugins/data/folder/walk.js";
import type { SetReader } from "../../../../plugins/data/sets/reader.js";
import { folderWith } from "../support.js";

const layouts = new URL("../../../../../shared/data/layouts", import.meta.url).pathname;

/** Whether the miniatures are on this machine. */
export const hasLayouts = existsSync(layouts);

/** A copy of a miniature, to be damaged; removed when the test file ends. */
export async function copyOf(name: string): Promise<string> {
  const root = join(await folderWith({}), basename(name));
  cpSync(join(layouts, name), root, { recursive: true });
  return root;
}

export async function recognises(reader: SetReader, path: string): Promise<boolean> {
  return reader.recognises(await lookInto({ path, real: path }));
}

export async function read(
  reader: SetReader,
  path: string,
  options: Partial<FolderOptions> = {},
): Promise<FolderLayout> {
  return reader.read(await lookInto({ path, real: path }), { ...folderSchema.parse({ path }), ...options });
}

/** What refuses a set, with ROOT for its path. */
export async function refusal(reader: SetReader, path: string, options: Partial<FolderOptions> = {}): Promise<string> {
  return read(reader, path, options).then(
    ({ classes }) => `read as ${classes.join(", ")}`,
    (error: Error) => error.message.replaceAll(path, "ROOT"),
  );
}

/** A split as `<class> <path>` lines. */
export function linesOf({ candidates }: FolderLayout, wanted: Split): readonly string[] {
  return candidates.filter(({ split }) => split === wanted).map(({ className, path }) => `${className} ${path}`);
}
