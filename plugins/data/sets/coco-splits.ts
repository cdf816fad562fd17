/** Lists of images and categories as COCO writes them, one for each split: `train2019.json`, `val2019.json`. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { invalidData, type Split } from "../../../core/index.js";
import { byBytes } from "../folder/listing.js";
import { splitName } from "../folder/split-names.js";
import { readText } from "./text.js";

export interface CocoSplits {
  /** The first of the lists. */
  readonly path: string;
  /** @param path relative to the set's root */
  splitOf(path: string): Split | undefined;
  /** Of categories, by number; where lists have more than the number itself. */
  readonly names: ReadonlyMap<number, string>;
}

interface Coco {
  readonly images?: readonly { readonly file_name?: unknown }[];
  readonly categories?: readonly { readonly id?: unknown; readonly name?: unknown }[];
}

/** `undefined` where there is none. @throws FGKD_PATH, FGKD_INVALID_DATA */
export async function readCocoSplits(root: string): Promise<CocoSplits | undefined> {
  const found = (await readdir(root)).filter((name) => /^(train|val)20\d\d\.json$/.test(name)).sort(byBytes);
  const [first] = found;
  if (first === undefined) return undefined;
  const splits = new Map<string, Split>();
  const names = new Map<number, string>();
  for (const name of found) {
    const { images = [], categories = [] } = await readCoco(join(root, name));
    const split = splitName(name.replace(".json", ""))?.split;
    for (const { file_name } of images) if (split) splits.set(String(file_name), split);
    for (const { id, name } of categories) if (typeof name === "string") names.set(Number(id), name);
  }
  const isUnique = new Set(names.values()).size === names.size;
  return { path: join(root, first), splitOf: (path) => splits.get(path), names: isUnique ? names : new Map() };
}

async function readCoco(path: string): Promise<Coco> {
  try {
    return JSON.parse(await readText(path)) as Coco;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw invalidData(path, `is not JSON (${error.message})`, "Get the file anew.");
  }
}
