/** Finds the splits and classes of a data folder. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { invalidData, pathProblem, type Split } from "../../../core/index.js";
import { byBytes, list, listFiles } from "./listing.js";
import type { FolderOptions } from "./options.js";

const TEST_FOLDERS = ["test", "val", "valid"] as const;
const VALIDATION_FOLDERS = ["val", "valid", "validation"] as const;
const IMAGE_NAME = /\.(jpe?g|png|webp|gif|bmp|tiff?)$/i;

/** A file that should be an image. */
export interface Candidate {
  readonly split: Split;
  readonly className: string;
  /** Relative to the layout's root, with `/`. */
  readonly path: string;
}

export interface FolderLayout {
  /** The folder given, or the only one inside of it. */
  readonly root: string;
  /** Byte-wise sorted folder names. */
  readonly classes: readonly string[];
  /** Byte-wise sorted within each class. */
  readonly candidates: readonly Candidate[];
  /** Whether nothing in it says what is for testing: `drawSplits` does. */
  readonly isUnsplit?: boolean;
}

/**
 * Reads `root/{train,test}/<class>/…`, with a validation split from `root/val`, or `root/<class>/…`. What is to be drawn is not
 * drawn yet.
 *
 * @throws FGKD_PATH, FGKD_INVALID_DATA
 */
export async function readLayout(options: Required<FolderOptions>): Promise<FolderLayout> {
  const root = await locate(options.path);
  const { folders, files } = await list(root);
  if (!folders.includes("train")) {
    const beside = options.testFolders ? "testFolders" : "validationFolders";
    if (options.testFolders || options.validationFolders?.length)
      throw pathProblem(join(root, "train"), "there is no such folder", `${beside} lie next to train/: add it.`);
    return readSingle(root, folders, files);
  }
  const tests = options.testFolders ?? TEST_FOLDERS.filter((name) => folders.includes(name)).slice(0, 1);
  if (tests.length === 0) {
    const remedy = "Add test/, or hand over the folder train/ itself to have a part of it split off.";
    throw invalidData(root, "there is train/, but neither test/ nor val/ beside it", remedy);
  }
  const train = await readSplit(root, "train", "train");
  const test = (await Promise.all(tests.map((name) => readSplit(root, name, "test")))).flat();
  const validations = await validationFolders(root, folders, tests, options);
  const validation = (await Promise.all(validations.map((name) => readSplit(root, name, "validation")))).flat();
  return { root, classes: classesOf(train), candidates: [...train, ...validation, ...test] };
}

/** Draws what the folder leaves open: a share of each class for testing, and one of its training images to validate on. */
export function drawSplits(layout: FolderLayout, options: Required<FolderOptions>): FolderLayout {
  return drawValidation(layout.isUnsplit ? drawTest(layout, options) : layout, options);
}

function drawTest(layout: FolderLayout, { split, splitSeed }: Required<FolderOptions>): FolderLayout {
  const drawn = new Set(
    layout.classes.flatMap((name) => {
      const own = layout.candidates.filter(({ className }) => className === name).map(({ path }) => path);
      return own.length === 0 ? [] : [...draw(own, split, String(splitSeed))];
    }),
  );
  const candidates = layout.candidates.map((candidate) =>
    drawn.has(candidate.path) ? { ...candidate, split: "test" as const } : candidate,
  );
  return { ...layout, candidates };
}

/** Those asked for; else one that lies beside the test split, if it looks like one. */
async function validationFolders(
  root: string,
  folders: readonly string[],
  tests: readonly string[],
  { validationFolders: asked, validation }: Required<FolderOptions>,
): Promise<readonly string[]> {
  const twice = asked?.find((name) => tests.includes(name) || name === "train");
  if (twice !== undefined) {
    const remedy = "Name other folders in validationFolders, or others in testFolders.";
    throw invalidData(join(root, twice), "its images belong to another split already", remedy);
  }
  const found = asked ?? (await usualValidation(root, folders, tests));
  if (found.length > 0 && validation !== null) {
    const remedy = "Leave data.validation out, or set data.validationFolders to [] to draw from the training images.";
    throw invalidData(join(root, found[0] as string), "there is a validation split already", remedy);
  }
  return found;
}

async function usualValidation(root: string, folders: readonly string[], tests: readonly string[]) {
  for (const name of VALIDATION_FOLDERS) {
    if (!folders.includes(name) || tests.includes(name)) continue;
    if ((await list(join(root, name))).folders.length > 0) return [name];
  }
  return [];
}

/** Moves a share of each class from the training images to the validation split; all others stay where they are. */
function drawValidation(layout: FolderLayout, { validation, splitSeed }: Required<FolderOptions>): FolderLayout {
  if (validation === null) return layout;
  const drawn = new Set(
    layout.classes.flatMap((name) => {
      const own = layout.candidates.filter(({ split, className }) => split === "train" && className === name);
      // An empty class is told of when all files have been looked at.
      if (own.length === 0) return [];
      if (own.length === 1) {
        const problem = `class "${name}" has one training image, too few for a validation split`;
        throw invalidData(layout.root, problem, "Add some, or leave data.validation out.");
      }
      const paths = own.map(({ path }) => path);
      return [...draw(paths, validation, `validation/${splitSeed}`)];
    }),
  );
  const candidates = layout.candidates.map((candidate) =>
    drawn.has(candidate.path) ? { ...candidate, split: "validation" as const } : candidate,
  );
  return { ...layout, candidates };
}

/** Archives often hold everything in one folder more. */
async function locate(path: string): Promise<string> {
  const { folders, files } = await list(path);
  const only = folders.length === 1 ? folders[0] : undefined;
  if (only === undefined || only === "train" || files.some((name) => IMAGE_NAME.test(name))) return path;
  const inner = await list(join(path, only));
  return inner.folders.length > 1 ? join(path, only) : path;
}

async function readSingle(root: string, folders: readonly string[], files: readonly string[]): Promise<FolderLayout> {
  if (folders.length === 0) {
    const images = files.filter((name) => IMAGE_NAME.test(name)).length;
    const problem = images > 0 ? `${images} images, but no class folders` : "no images at all";
    throw invalidData(
      root,
      problem,
      "Expected is a folder per class: train/<class>/… and test/<class>/…, or <class>/….",
    );
  }
  const classes = await Promise.all(folders.map(async (name) => ({ name, files: await readClass(root, name) })));
  if (classes.every(({ files }) => files.length === 0)) {
    throw invalidData(root, "no images at all", "Expected are images in a folder per class.");
  }
  const candidates = classes.flatMap(({ name, files }) =>
    files.map((path) => ({ split: "train" as const, className: name, path })),
  );
  return { root, classes: folders, candidates, isUnsplit: true };
}

async function readSplit(root: string, folder: string, split: Split): Promise<readonly Candidate[]> {
  const path = join(root, folder);
  const { folders, files } = await list(path);
  const stray = files.find((name) => IMAGE_NAME.test(name));
  if (stray !== undefined) {
    throw invalidData(
      join(path, stray),
      "an image outside of the class folders",
      "Move it into the folder of its class.",
    );
  }
  if (folders.length === 0) {
    throw invalidData(path, "no class folders", `Expected is a folder per class: ${folder}/<class>/….`);
  }
  const lists = await Promise.all(folders.map((name) => readClass(root, `${folder}/${name}`)));
  if (lists.every((files) => files.length === 0)) {
    throw invalidData(path, "no images at all", "Expected are images in a folder per class.");
  }
  return lists.flatMap((files, index) => {
    const className = folders[index] as string;
    if (files.length === 0) throw emptyClass(join(path, className));
    return files.map((path) => ({ split, className, path }));
  });
}

async function readClass(root: string, folder: string): Promise<readonly string[]> {
  return (await listFiles(join(root, folder))).map((file) => `${folder}/${file}`).sort(byBytes);
}

/** A class folder in which nothing can be used. */
export function emptyClass(path: string) {
  return invalidData(path, "this class has no images", "Add some, or remove the folder.");
}

/** By hash of name and seed: the draw does not depend on other classes, and hardly on files that come or go. */
function draw(files: readonly string[], share: number, seed: string): ReadonlySet<string> {
  const ranked = files
    .map((path) => ({ path, rank: createHash("sha256").update(`${seed}/${path}`).digest("hex") }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1));
  const count = Math.max(1, Math.min(files.length - 1, Math.round(files.length * share)));
  return new Set(ranked.slice(0, count).map(({ path }) => path));
}

function classesOf(candidates: readonly Candidate[]): readonly string[] {
  return [...new Set(candidates.map(({ className }) => className))].sort(byBytes);
}
