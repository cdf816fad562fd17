/** CUB-200-2011: images, classes, split, boxes and parts in text files that are joined by the image's id. */
import { join } from "node:path";
import { type ImageFacts, invalidData } from "../../../core/index.js";
import { namesIn } from "./find-list.js";
import { published } from "./published.js";
import type { SetReader } from "./reader.js";
import type { Unsettled } from "./settle-splits.js";
import { getWhole, lookUpIn, numbersOf, pathWithin, readPairs, requireLines, type TextList } from "./text-lists.js";

const lists = ["images.txt", "image_class_labels.txt", "train_test_split.txt", "classes.txt"] as const;
/** What its sister NABirds has, and it has not. */
const others = ["hierarchy.txt", "sizes.txt", "photographers.txt"];

/** @see "The Caltech-UCSD Birds-200-2011 Dataset", 2011 */
export const cub: SetReader = {
  name: "cub",
  title: "CUB-200-2011",
  recognises: async ({ path, listing }) => {
    const names = await namesIn(path);
    return isLikeBirds(names, listing.folders) && !others.some((name) => names.has(name));
  },
  read: async ({ path: root }, options) => {
    const birds = await readBirds(root);
    const ids = [...birds.names.keys()].sort((a, b) => Number(a) - Number(b));
    const nameOf = lookUpIn(birds.names, root, "classes.txt");
    return published(cub, { path: root }, options, {
      classes: ids.map(nameOf),
      images: birds.images.map(({ classId, ...image }) => ({ ...image, className: nameOf(classId) })),
      order: "classes.txt",
      overlap: "22 or 23 of the 5,794 test images of CUB-200-2011 are among ImageNet's training images",
      list: join(root, "images.txt"),
    });
  },
};

/** An image of CUB or NABirds, with the number of its class as the lists have it. */
interface Bird extends Omit<Unsettled, "className"> {
  readonly classId: string;
}

/** Whether a folder looks like it, though one of its lists may be missing. */
export function isLikeBirds(names: ReadonlySet<string>, folders: readonly string[]): boolean {
  const found = lists.filter((name) => names.has(name)).length + (folders.includes("images") ? 1 : 0);
  return found >= lists.length;
}

/** The images of a set in this form, and its classes by number. @throws FGKD_INVALID_DATA, FGKD_PATH */
export async function readBirds(root: string): Promise<{ images: readonly Bird[]; names: TextList }> {
  const there = await namesIn(root);
  if (!there.has("images")) throw invalidData(root, "there is no folder images", getWhole);
  const read = (name: string) => readPairs(root, name, there);
  const [paths, labels] = [await read("images.txt"), await read("image_class_labels.txt")];
  const [flags, names] = [await read("train_test_split.txt"), await read("classes.txt")];
  const labelOf = lookUpIn(labels, root, "image_class_labels.txt");
  const flagOf = lookUpIn(flags, root, "train_test_split.txt");
  const factsOf = await readFacts(root, there);
  const images = [...paths].map(([id, path]) => {
    const flag = flagOf(id);
    if (flag !== "0" && flag !== "1")
      throw invalidData(join(root, "train_test_split.txt"), `says ${flag} of ${id}, neither 1 nor 0`, getWhole);
    return {
      path: `images/${pathWithin(path, join(root, "images.txt"))}`,
      classId: labelOf(id),
      split: flag === "1" ? ("train" as const) : ("test" as const),
      facts: factsOf(id),
    };
  });
  return { images, names };
}

type Facts = Pick<ImageFacts, "box" | "parts">;

/** What is known of where birds are; nothing of it is needed. */
async function readFacts(root: string, there: ReadonlySet<string>): Promise<(id: string) => Facts> {
  const path = join(root, "bounding_boxes.txt");
  const boxes = there.has("bounding_boxes.txt")
    ? await readPairs(root, "bounding_boxes.txt")
    : new Map<string, string>();
  const parts = await readParts(join(root, "parts"));
  return (id) => {
    const [box, own] = [boxes.get(id), parts.get(id)];
    const [left = 0, top = 0, width = 0, height = 0] = box === undefined ? [] : numbersOf(box, 4, path);
    return { ...(box !== undefined && { box: { left, top, width, height } }), ...(own && { parts: own }) };
  };
}

/** Of each image the parts that are visible. */
async function readParts(folder: string): Promise<ReadonlyMap<string, NonNullable<Facts["parts"]>>> {
  const there = await namesIn(folder).catch(() => new Set<string>());
  const found = new Map<string, Record<string, readonly [number, number]>>();
  if (!there.has("parts.txt") || !there.has("part_locs.txt")) return found;
  const names = await readPairs(folder, "parts.txt");
  const path = join(folder, "part_locs.txt");
  for (const line of await requireLines(folder, "part_locs.txt")) {
    const [id = "", ...rest] = line.split(" ");
    const [part = 0, x = 0, y = 0, visible] = numbersOf(rest.join(" "), 4, path);
    const name = names.get(String(part));
    if (visible !== 1 || name === undefined) continue;
    const own = found.get(id) ?? {};
    own[name] = [x, y];
    found.set(id, own);
  }
  return found;
}
