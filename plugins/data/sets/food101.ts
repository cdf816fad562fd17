/** Food-101: lists of images by class, as text and as JSON. */
import { join } from "node:path";
import { invalidData } from "../../../core/index.js";
import { byBytes } from "../folder/listing.js";
import { published } from "./published.js";
import type { SetReader } from "./reader.js";
import type { Unsettled } from "./settle-splits.js";
import { isFile, readLines, readText } from "./text.js";

/** @see "Food-101 – Mining Discriminative Components with Random Forests", 2014 */
export const food101: SetReader = {
  name: "food101",
  title: "Food-101",
  recognises: async ({ path, listing }) => listing.folders.includes("images") && (await listsOf(path)) !== undefined,
  read: async (place, options) => {
    const lists = await listsOf(place.path);
    if (!lists)
      throw invalidData(place.path, "neither meta/train.json nor meta/train.txt is there", "Get the data set whole.");
    const train = await readList(join(place.path, lists.train), "train");
    const test = await readList(join(place.path, lists.test), "test");
    const names = join(place.path, "meta/classes.txt");
    const hasNames = await isFile(names);
    const used = [...new Set([...train, ...test].map(({ className }) => className))].sort(byBytes);
    const classes = hasNames ? (await readLines(names)).map((line) => line.trim()) : used;
    const stranger = used.find((name) => !classes.includes(name));
    if (stranger !== undefined)
      throw invalidData(names, `class ${stranger} of ${lists.train} is not in it`, "Get the data set whole.");
    return published(food101, place, options, {
      classes,
      images: [...train, ...test],
      order: hasNames ? "meta/classes.txt" : lists.train,
      list: join(place.path, lists.train),
    });
  },
};

async function listsOf(root: string): Promise<{ train: string; test: string } | undefined> {
  for (const ending of ["json", "txt"]) {
    const [train, test] = [`meta/train.${ending}`, `meta/test.${ending}`];
    if ((await isFile(join(root, train))) && (await isFile(join(root, test)))) return { train, test };
  }
  return undefined;
}

/** `{ apple_pie: ["apple_pie/1005649", …], … }`, or the same one a line. */
async function readList(path: string, split: "train" | "test"): Promise<readonly Unsettled[]> {
  const ids = path.endsWith(".json") ? idsOf(path, await readText(path)) : await readLines(path);
  return ids.map((id) => {
    const [className = "", file] = id.trim().split("/");
    if (!file)
      throw invalidData(path, `"${id}" is no class and image`, "Expected is <class>/<image>, one for each image.");
    return { path: `images/${id.trim()}.jpg`, className, split };
  });
}

function idsOf(path: string, text: string): readonly string[] {
  try {
    return Object.values(JSON.parse(text) as Record<string, readonly string[]>).flatMap((ids) => ids.map(String));
  } catch (error) {
    throw invalidData(path, `is not JSON (${(error as Error).message})`, "Get the data set whole.");
  }
}
