/** Stanford Cars, in the packings that people have: the authors' archives, one archive, those of Kaggle, folders of classes. */
import { join } from "node:path";
import { invalidData, type Rectangle } from "../../../core/index.js";
import type { FolderLayout } from "../folder/layout.js";
import { lookInto, type Place, stepInto } from "../folder/walk.js";
import { areCarFolders, readCarFolders } from "./cars-folders.js";
import { carNames } from "./cars-names.js";
import { findList } from "./find-list.js";
import { type MatValue, numbersIn, readMat, textsIn } from "./mat.js";
import { published } from "./published.js";
import type { SetReader } from "./reader.js";
import type { Unsettled } from "./settle-splits.js";
import { getWhole, missingList, pathWithin } from "./text-lists.js";

/** Makes of two words. */
const longMakes = ["AM General", "Aston Martin", "Land Rover"];

/** @see "3D Object Representations for Fine-Grained Categorization", 2013 */
export const cars: SetReader = {
  name: "cars",
  title: "Stanford Cars",
  recognises: async (place) => hasArchives(place) || (await areCarFolders(place)),
  read: async (place, options) => {
    const known = await readNames(place.path);
    if (!hasArchives(place)) return withMakes(await readCarFolders(place, options, known, cars));
    const { images, notes, list } = place.listing.folders.includes("car_ims")
      ? await readCombined(place, known.names)
      : await readSplitArchives(place, known.names);
    // The order is a promise also where nothing in the set says it.
    const layout = await published(cars, place, options, {
      classes: known.names,
      images,
      order: known.order,
      notes,
      list,
    });
    return withMakes(layout);
  },
};

function hasArchives({ listing: { folders } }: Place): boolean {
  return folders.includes("car_ims") || (folders.includes("cars_train") && folders.includes("cars_test"));
}

/** Class names in label order, and who says so. */
interface CarNames {
  readonly names: readonly string[];
  readonly order: string;
}

async function readNames(root: string): Promise<CarNames> {
  for (const name of ["cars_meta.mat", "cars_annos.mat"]) {
    const found = await findList(root, name);
    const names = found === undefined ? undefined : textsIn((await readMat(join(root, found))).get("class_names"));
    if (found !== undefined && names !== undefined) return { names, order: found };
  }
  return { names: carNames, order: "cars_meta.mat, known by heart" };
}

interface Found {
  readonly images: readonly Unsettled[];
  readonly notes: readonly string[];
  readonly list: string;
}

/** `car_ims/` with `cars_annos.mat`. */
async function readCombined({ path: root }: Place, names: readonly string[]): Promise<Found> {
  const found = await findList(root, "cars_annos.mat");
  if (found === undefined) throw missingList(root, "cars_annos.mat");
  const list = join(root, found);
  const images = (await readAnnotations(list)).map((annotation): Unsettled => {
    const path = pathWithin(textIn(annotation, "relative_im_path", list), list);
    const split = numberIn(annotation, "test", list) === 1 ? "test" : "train";
    return { path, className: classIn(annotation, names, list), split, facts: { box: boxIn(annotation) } };
  });
  return { images, notes: [], list };
}

/** `cars_train/` and `cars_test/`, whose file names are alike, each with a list. */
async function readSplitArchives(place: Place, names: readonly string[]): Promise<Found> {
  const root = place.path;
  const trained = await findList(root, "cars_train_annos.mat");
  if (trained === undefined) throw missingList(root, "cars_train_annos.mat");
  const read = async (found: string, split: "train" | "test") => {
    const folder = await folderOf(place, `cars_${split}`);
    const list = join(root, found);
    return (await readAnnotations(list)).map((annotation): Unsettled => {
      const path = `${folder}/${pathWithin(textIn(annotation, "fname", list), list)}`;
      return { path, className: classIn(annotation, names, list), split, facts: { box: boxIn(annotation) } };
    });
  };
  const train = await read(trained, "train");
  const labelled = await findLabelledTests(root);
  if (labelled !== undefined)
    return { images: [...train, ...(await read(labelled, "test"))], notes: [], list: join(root, trained) };
  const notes = [
    "The test images come without labels (there is no cars_test_annos_withlabels.mat), so they are passed over.",
  ];
  return { images: train, notes, list: join(root, trained) };
}

/** Some packings have labels in the file that came without. */
async function findLabelledTests(root: string): Promise<string | undefined> {
  for (const name of ["cars_test_annos_withlabels.mat", "cars_test_annos.mat"]) {
    const found = await findList(root, name);
    if (found === undefined) continue;
    const [first] = await readAnnotations(join(root, found));
    if (first && Object.hasOwn(first, "class")) return found;
  }
  return undefined;
}

/** Kaggle has folders in folders of the same name. */
async function folderOf(place: Place, name: string): Promise<string> {
  const { listing } = await lookInto(await stepInto(place, name));
  return listing.folders.includes(name) ? `${name}/${name}` : name;
}

type Annotation = Readonly<Record<string, MatValue>>;

async function readAnnotations(path: string): Promise<readonly Annotation[]> {
  const value = (await readMat(path)).get("annotations");
  if (value?.kind !== "struct" || value.entries.length === 0) throw invalidData(path, "has no annotations", getWhole);
  return value.entries;
}

function textIn(annotation: Annotation, field: string, path: string): string {
  const value = annotation[field];
  if (value?.kind === "text") return value.text;
  throw invalidData(path, `an annotation has no ${field}`, getWhole);
}

function numberIn(annotation: Annotation, field: string, path: string): number {
  const [value] = numbersIn(annotation[field]) ?? [];
  if (value !== undefined) return value;
  throw invalidData(path, `an annotation has no ${field}`, getWhole);
}

/** Classes are counted from 1. */
function classIn(annotation: Annotation, names: readonly string[], path: string): string {
  const number = numberIn(annotation, "class", path);
  const name = names[number - 1];
  if (name === undefined) throw invalidData(path, `names class ${number} of ${names.length}`, getWhole);
  return name;
}

/** Corners are counted from 1, and belong to the box. */
function boxIn(annotation: Annotation): Rectangle | undefined {
  const [x1, y1, x2, y2] = ["x1", "y1", "x2", "y2"].map((corner) => numbersIn(annotation[`bbox_${corner}`])?.[0]);
  if (x1 === undefined || y1 === undefined || x2 === undefined || y2 === undefined) return undefined;
  return { left: x1 - 1, top: y1 - 1, width: x2 - x1 + 1, height: y2 - y1 + 1 };
}

function withMakes(layout: FolderLayout): FolderLayout {
  const make = layout.classes.map(
    (name) => longMakes.find((long) => name.startsWith(`${long} `)) ?? (name.split(" ")[0] as string),
  );
  return { ...layout, ...(layout.published && { published: { ...layout.published, ranks: { make } } }) };
}
