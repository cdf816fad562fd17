/** Finds the splits and classes of a data folder. */
import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { type ImageFacts, invalidData, type Ranks, type Split } from "../../../core/index.js";
import { className } from "./class-names.js";
import type { FoundSplit } from "./find-splits.js";
import { byBytes, folderProblem, imagesIn } from "./listing.js";
import type { LitterCounts } from "./litter.js";
import type { FolderOptions, LayoutName } from "./options.js";
import { planSplits } from "./plan-splits.js";
import { splitName } from "./split-names.js";
import { filesOf, lookInto, type Place, startWalk, stepInto, type Walk } from "./walk.js";

/** How many folders an archive may put around everything. */
const WRAPPED = 4;

/** A file that should be an image. */
export interface Candidate {
  readonly split: Split;
  readonly className: string;
  /** Relative to the layout's root, with `/`. */
  readonly path: string;
  /** What the set says of it beside its class and place. */
  readonly facts?: Omit<ImageFacts, "path" | "set">;
  /** Rows at its lower end that are no part of the photograph. */
  readonly banner?: number;
  /** Whether a published set has it: those are read as publications do, without turning what a camera noted. */
  readonly isPublished?: boolean;
  /** Which of the sets that were merged it is from. */
  readonly set?: string;
}

/** What a layout is known to be, beyond folders of classes. */
interface PublishedSet {
  /** `SetReader.name`. */
  readonly layout: LayoutName;
  /** `SetReader.title`. */
  readonly title: string;
  /** Who says in which order the classes are, in words that follow "in the order of": `classes.txt`. */
  readonly order: string;
  /** Groups of the classes: by rank (`family`), the group of each class, in label order. */
  readonly ranks?: Ranks;
  /** Where `data.rank` was taken for the classes: its name. */
  readonly rank?: string;
  /** What it has in common with ImageNet, in a sentence: told where a model starts from ImageNet weights. */
  readonly overlap?: string;
}

export interface FolderLayout {
  /** The folder given, or the only one inside of it. */
  readonly root: string;
  /** In label order: of a published set its own, else byte-wise sorted names of class folders, in composed form (NFC). */
  readonly classes: readonly string[];
  /** Byte-wise sorted within each class. */
  readonly candidates: readonly Candidate[];
  /** Whether there is nothing to train on, and shall not be. */
  readonly testsOnly: boolean;
  /** Whether nothing in it says what is for testing: `drawSplits` does. */
  readonly isUnsplit: boolean;
  /** What a user might not expect of what is used, in sentences. */
  readonly notes: readonly string[];
  /** What may be wrong with it, in sentences. */
  readonly warnings?: readonly string[];
  /** Of files within class folders. */
  readonly litter: LitterCounts;
  /** Folders within class folders that lie too deep. */
  readonly tooDeep: readonly string[];
  /** Which published set it is; absent for folders of classes. */
  readonly published?: PublishedSet;
  /** Of several sets in one: what is known of each. */
  readonly merged?: readonly (PublishedSet | undefined)[];
}

/**
 * Reads `root/{train,test}/<class>/…`, by any usual name, or `root/<class>/…` and, from `root/val`, a
 * validation split. What is to be drawn is not drawn yet.
 *
 * @throws FGKD_PATH, FGKD_INVALID_DATA
 */
export async function readLayout(options: Required<FolderOptions>): Promise<FolderLayout> {
  const root = await locate(options.path);
  const { splits, notes } = await planSplits(root, options);
  const met: Met = { litter: new Map(), tooDeep: [], notes: [...notes] };
  const about = { root: root.path, ...met };
  if (!splits) return { ...about, ...(await readSingle(root, options, met)) };
  const read = async (split: Split) => {
    const walk = startWalk(met.litter, met.tooDeep);
    const lists: Candidate[] = [];
    for (const found of splits[split]) lists.push(...(await readSplit(found, split, walk)));
    return lists;
  };
  const [train, validation, test] = [await read("train"), await read("validation"), await read("test")];
  const testsOnly = splits.train.length === 0;
  const classes = classesOf(testsOnly ? test : train);
  return { ...about, classes, testsOnly, isUnsplit: false, candidates: [...train, ...validation, ...test] };
}

/** Archives often hold everything in one folder more, or in several. */
async function locate(path: string): Promise<Place> {
  const real = await realpath(path).catch((error: unknown) => {
    throw folderProblem(path, error);
  });
  const given = await lookInto({ path, real });
  let place = given;
  for (let depth = 0; depth < WRAPPED; depth++) {
    const { folders } = place.listing;
    const [only] = folders;
    const isSplit = only !== undefined && splitName(only)?.rest === "";
    if (only === undefined || folders.length > 1 || isSplit || imagesIn(place.listing).length > 0) break;
    place = await lookInto(await stepInto(place, only));
    if (place.listing.folders.length > 1) return place;
  }
  // A train/ without test/, further down: what is said of it should name it.
  const isWrapped = place.listing.folders.some((name) => splitName(name)?.rest === "");
  return isWrapped ? place : given;
}

type Met = Pick<Walk, "litter" | "tooDeep"> & { readonly notes: string[] };

async function readSingle(root: Place, { testAll }: Required<FolderOptions>, met: Met) {
  const { folders } = root.listing;
  const images = imagesIn(root.listing).length;
  if (folders.length === 0) {
    const problem = images > 0 ? `${images} images, but no class folders` : "no images at all";
    const remedy = "Expected is a folder per class: train/<class>/… and test/<class>/…, or <class>/….";
    throw invalidData(root.path, problem, remedy);
  }
  const classes = await readClasses(root, "", startWalk(met.litter, met.tooDeep));
  if (classes.every(({ files }) => files.length === 0))
    throw invalidData(root.path, "no images at all", "Expected are images in a folder per class.");
  refuseInnerSplits(root, classes);
  const split: Split = testAll ? "test" : "train";
  const candidates = classes.flatMap(({ name, files }) => files.map((path) => ({ split, className: name, path })));
  const [first] = imagesIn(root.listing);
  if (first !== undefined)
    met.notes.push(`Passed over beside the class folders: ${images} images, ${first} among them.`);
  return { classes: classes.map(({ name }) => name), candidates, testsOnly: testAll, isUnsplit: !testAll };
}

async function readSplit({ path, place }: FoundSplit, split: Split, walk: Walk): Promise<readonly Candidate[]> {
  const [stray] = imagesIn(place.listing);
  if (stray !== undefined) {
    const remedy = "Move it into the folder of its class.";
    throw invalidData(join(place.path, stray), "an image outside of the class folders", remedy);
  }
  if (place.listing.folders.length === 0)
    throw invalidData(place.path, "no class folders", `Expected is a folder per class: ${path}/<class>/….`);
  const classes = await readClasses(place, `${path}/`, walk);
  if (classes.every(({ files }) => files.length === 0))
    throw invalidData(place.path, "no images at all", "Expected are images in a folder per class.");
  return classes.flatMap(({ name, files }) => {
    if (files.length === 0) throw emptyClass(join(place.path, name));
    return files.map((file) => ({ split, className: name, path: file }));
  });
}

/** The files of one class: of one folder, or of several whose names are one. */
interface ClassFiles {
  readonly name: string;
  /** Relative to the layout's root, byte-wise sorted. */
  readonly files: readonly string[];
}

/** Byte-wise sorted by class. */
async function readClasses(place: Place, prefix: string, walk: Walk): Promise<readonly ClassFiles[]> {
  const byName = new Map<string, string[]>();
  for (const folder of place.listing.folders) {
    const name = className(folder);
    const files = await filesOf(await stepInto(place, folder), name, walk);
    const all = byName.get(name) ?? [];
    for (const file of files) all.push(`${prefix}${folder}/${file}`);
    byName.set(name, all);
  }
  return [...byName]
    .map(([name, files]) => ({ name, files: files.sort(byBytes) }))
    .sort((a, b) => byBytes(a.name, b.name));
}

/** Splits within classes would become one heap, drawn from anew. */
function refuseInnerSplits(root: Place, classes: readonly ClassFiles[]): void {
  const inner = new Map<Split, string>();
  for (const path of classes.flatMap(({ files }) => files)) {
    const [, folder = "", file] = path.split("/");
    const found = file === undefined ? undefined : splitName(folder);
    if (found?.rest !== "") return;
    inner.set(found.split, inner.get(found.split) ?? folder);
  }
  const [one, other] = [...inner.values()];
  if (one === undefined || other === undefined) return;
  const problem = `every class folder holds ${one}/ and ${other}/`;
  throw invalidData(root.path, problem, `Turn it around: ${one}/<class>/… and ${other}/<class>/….`);
}

/** A class folder in which nothing can be used. */
export function emptyClass(path: string) {
  return invalidData(path, "this class has no images", "Add some, or remove the folder.");
}

function classesOf(candidates: readonly Candidate[]): readonly string[] {
  return [...new Set(candidates.map(({ className }) => className))].sort(byBytes);
}
