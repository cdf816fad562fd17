/** A list of images with their labels, and a folder that they lie in: whatever set there is no reader for. */
import { readdir } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, sep } from "node:path";
import { invalidData, namedList } from "../../../core/index.js";
import type { FolderLayout } from "../folder/layout.js";
import { byBytes, imagesIn } from "../folder/listing.js";
import type { FolderOptions } from "../folder/options.js";
import { splitName } from "../folder/split-names.js";
import { lookInto, type Place, stepInto } from "../folder/walk.js";
import { classesOfList } from "./list-classes.js";
import { isListName, type Listed, readListFile } from "./list-file.js";
import { lookUp } from "./missing.js";
import { published } from "./published.js";
import type { SetReader } from "./reader.js";
import type { Unsettled } from "./settle-splits.js";

/** Names of lists of everything, the one that counts first. */
const wholeLists = ["list", "split", "splits", "metadata", "labels", "annotations", "dataset"];
/** Paths tried to find out what they are relative to. */
const TRIED = 24;

export const list: SetReader = {
  name: "list",
  title: "a list of images",
  recognises: async (place) => (await listsIn(place.path)).length > 0 && !(await hasClassFolders(place)),
  read: async (place, options) => {
    const files = await listsIn(place.path);
    if (files.length === 0) {
      const remedy = "Expected is list.csv, or train.csv and test.csv, or the path of a list itself.";
      throw invalidData(place.path, "no list of images is here", remedy);
    }
    return readLists(place.path, files, options);
  },
};

/** What `openPlace` makes of parquet files: images and a list. */
export const parquet: SetReader = { ...list, name: "parquet", title: "parquet files", recognises: () => false };

/** The set that one list describes, whose images lie beside it. @throws FGKD_PATH, FGKD_INVALID_DATA, FGKD_BAD_IMAGE */
export function readList(path: string, options: Required<FolderOptions>): Promise<FolderLayout> {
  return readLists(dirname(path), [basename(path)], options);
}

async function readLists(
  root: string,
  files: readonly string[],
  options: Required<FolderOptions>,
): Promise<FolderLayout> {
  const images: Listed[] = [];
  for (const file of files) for (const image of await readListFile(join(root, file))) images.push(image);
  const about = join(root, files[0] as string);
  const base = await findBase(root, about, images);
  const { classes, order, classOf } = await classesOfList(root, about, images);
  const unsettled = once(
    about,
    images.map((image) => ({
      path: within(root, base, image.path),
      className: classOf(image),
      ...(image.split && { split: image.split }),
    })),
  );
  return published(list, { path: root }, options, { classes, images: unsettled, order, list: about });
}

/** Lists in a folder: one of everything, or one for each split. */
async function listsIn(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder)).filter(isListName).sort(byBytes);
  const stem = (name: string) => name.slice(0, name.lastIndexOf(".")).toLowerCase();
  const tables = names.filter((name) => !/\.(json|txt)$/i.test(name));
  const whole = (all: readonly string[], wanted: string) => all.find((name) => stem(name) === wanted);
  const own = whole(names, "list");
  if (own !== undefined) return [own];
  const parts = tables.filter((name) => splitName(stem(name))?.rest === "");
  if (parts.some((name) => splitName(stem(name))?.split === "train")) return parts;
  const ofOthers = names.filter((name) => /^split_.*\.json$/i.test(name));
  const [first = wholeLists.map((wanted) => whole(tables, wanted)).find((name) => name !== undefined), second] =
    ofOthers;
  if (second === undefined) return first === undefined ? [] : [first];
  throw invalidData(folder, `${namedList(ofOthers)} are all lists of images`, "Give the path of the one that counts.");
}

/** Whether folders alone say what the classes are: then a list beside them is a note. */
async function hasClassFolders(place: Place): Promise<boolean> {
  let withImages = 0;
  for (const name of place.listing.folders) {
    const { listing } = await lookInto(await stepInto(place, name));
    if (listing.folders.length > 0) return true;
    if (splitName(name) === undefined && imagesIn(listing).length > 0) withImages++;
  }
  return withImages > 1;
}

/** What the paths of a list are relative to: its folder, or one in it. */
async function findBase(root: string, about: string, images: readonly Listed[]): Promise<string> {
  const step = Math.max(1, Math.floor(images.length / TRIED));
  const tried = images.filter((_, index) => index % step === 0).map(({ path }) => path);
  const bases = await basesIn(root, 2);
  let [best, most] = ["", -1];
  for (const base of bases) {
    const paths = tried.map((path) => within(root, base, path));
    const found = paths.filter(await lookUp(root, paths)).length;
    if (found > most) [best, most] = [base, found];
    if (found === tried.length) return base;
  }
  if (most > 0) return best;
  const problem = `${tried[0]} and the other images listed lie neither beside it nor in a folder there`;
  throw invalidData(about, problem, "Put the list into the folder that its paths begin in.");
}

async function basesIn(root: string, depth: number, base = ""): Promise<readonly string[]> {
  const entries = depth === 0 ? [] : await readdir(join(root, base), { withFileTypes: true });
  const folders = entries.filter((entry) => !entry.isFile() && !entry.name.startsWith(".")).map(({ name }) => name);
  const inner: string[] = [];
  // A folder of a class each is none that all paths begin in.
  if (folders.length <= 64)
    for (const name of folders.sort(byBytes))
      inner.push(...(await basesIn(root, depth - 1, join(base, name)).catch(() => [])));
  return [base, ...inner];
}

/** A listed path, relative to the root. */
function within(root: string, base: string, path: string): string {
  const place = isAbsolute(path) ? relative(root, path) : join(base, path);
  return place.split(sep).join("/");
}

/** An image has one class and one split; said twice in one way it counts once. */
function once(about: string, images: readonly Unsettled[]): readonly Unsettled[] {
  const seen = new Map<string, Unsettled>();
  for (const image of images) {
    const other = seen.get(image.path) ?? image;
    const problem =
      other.className !== image.className
        ? `is listed in two classes, "${other.className}" and "${image.className}"`
        : other.split !== image.split &&
          `is listed in two splits, ${other.split ?? "none"} and ${image.split ?? "none"}`;
    if (problem) throw invalidData(about, `${image.path} ${problem}`, "An image has one class and one split.");
    seen.set(image.path, image);
  }
  return [...seen.values()];
}
