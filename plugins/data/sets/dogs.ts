/** Stanford Dogs: folders of breeds, lists of MATLAB that split them, and boxes in XML. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { invalidData, type Rectangle } from "../../../core/index.js";
import { byBytes } from "../folder/listing.js";
import { filesOf, lookInto, type Place, startWalk, stepInto } from "../folder/walk.js";
import { forEachAtOnce } from "../images/at-once.js";
import { findList } from "./find-list.js";
import { readMat, textsIn } from "./mat.js";
import { published } from "./published.js";
import type { SetReader } from "./reader.js";
import type { Unsettled } from "./settle-splits.js";
import { getWhole, pathWithin } from "./text-lists.js";

/** Files of boxes read at a time. */
const AT_ONCE = 16;
/** `n02085620-Chihuahua`: ImageNet's number and the breed. */
const BREED = /^n\d{8}-(.+)$/;

/** @see "Novel Dataset for Fine-Grained Image Categorization", FGVC 2011 */
export const dogs: SetReader = {
  name: "dogs",
  title: "Stanford Dogs",
  recognises: async (place) => (await findImages(place)) !== undefined,
  read: async (place, options) => {
    const { path: root } = place;
    const folder = await findImages(place);
    if (!folder) throw invalidData(root, "there is no folder Images with folders of breeds", getWhole);
    const listed = await readSplit(root);
    if (!listed && options.splitPath === null) {
      const problem = "its lists are missing (train_list.mat and test_list.mat), so nothing says what is for testing";
      throw invalidData(
        root,
        problem,
        "Put them there from the set's lists.tar, name a list of your own in data.splitPath, or give the folder Images itself to have a part of it split off.",
      );
    }
    const images = listed ?? (await allImages(folder));
    const boxes = await readBoxes(place, images);
    const folders = [...new Set(images.map(({ path }) => path.split("/")[0] as string))].sort(byBytes);
    return published(dogs, place, options, {
      classes: folders.map(breedOf),
      images: images.map((image) => ({
        path: `${folder.path}/${image.path}`,
        className: breedOf(image.path.split("/")[0] as string),
        split: image.split,
        facts: { box: boxes.get(image.path) },
      })),
      order: "the breeds' ImageNet numbers",
      overlap: "Stanford Dogs consists of images of ImageNet, those to test on among them",
      list: join(root, "train_list.mat"),
    });
  },
};

/** An image, relative to the folder of breeds. */
type Listed = Pick<Unsettled, "path" | "split">;

function breedOf(folder: string): string {
  return BREED.exec(folder)?.[1] ?? folder;
}

interface Images {
  /** Relative to the root. */
  readonly path: string;
  readonly place: Place;
}

/** The folder of breeds, in a folder of its name where Kaggle packed it. */
async function findImages(root: Place): Promise<Images | undefined> {
  for (const name of ["Images", "images"]) {
    if (!root.listing.folders.includes(name)) continue;
    const outer = await lookInto(await stepInto(root, name));
    const hasInner = outer.listing.folders.includes("Images");
    const place = hasInner ? await lookInto(await stepInto(outer, "Images")) : outer;
    const { folders } = place.listing;
    if (folders.filter((folder) => BREED.test(folder)).length <= folders.length / 2) continue;
    return { path: hasInner ? `${name}/Images` : name, place };
  }
  return undefined;
}

/** `undefined` where a list is missing. */
async function readSplit(root: string): Promise<readonly Listed[] | undefined> {
  const images: Listed[] = [];
  for (const split of ["train", "test"] as const) {
    const found = await findList(root, `${split}_list.mat`);
    if (found === undefined) return undefined;
    const path = join(root, found);
    const files = textsIn((await readMat(path)).get("file_list"));
    if (!files) throw invalidData(path, "has no file_list", getWhole);
    for (const file of files) {
      if (!BREED.test(file.split("/")[0] as string))
        throw invalidData(path, `"${file}" lies in no breed's folder`, getWhole);
      images.push({ path: pathWithin(file, path), split });
    }
  }
  return images;
}

async function allImages({ place }: Images): Promise<readonly Listed[]> {
  const walk = startWalk(new Map(), []);
  const found: Listed[] = [];
  for (const folder of place.listing.folders.filter((name) => BREED.test(name))) {
    const files = await filesOf(await stepInto(place, folder), folder, walk);
    for (const file of files) found.push({ path: `${folder}/${file}` });
  }
  return found;
}

/** Around all dogs of a picture; of those pictures that have a box. */
async function readBoxes(root: Place, images: readonly Listed[]): Promise<ReadonlyMap<string, Rectangle>> {
  const found = new Map<string, Rectangle>();
  const outer = ["Annotation", "annotations", "Annotations"].find((name) => root.listing.folders.includes(name));
  if (outer === undefined) return found;
  const { listing } = await lookInto(await stepInto(root, outer));
  const folder = join(root.path, outer, listing.folders.includes("Annotation") ? "Annotation" : "");
  await forEachAtOnce(AT_ONCE, images, async ({ path }) => {
    const xml = await readFile(join(folder, path.replace(/\.[^./]*$/, "")), "utf8").catch(() => "");
    const box = boxIn(xml);
    if (box) found.set(path, box);
  });
  return found;
}

function boxIn(xml: string): Rectangle | undefined {
  const all = (name: string) =>
    [...xml.matchAll(new RegExp(`<${name}>\\s*(-?[\\d.]+)\\s*</${name}>`, "g"))].map((one) => Number(one[1]));
  const [left, top, right, bottom] = [all("xmin"), all("ymin"), all("xmax"), all("ymax")];
  if (right.length === 0 || [left, top, bottom].some(({ length }) => length !== right.length)) return undefined;
  const [x, y] = [Math.min(...left), Math.min(...top)];
  return { left: x, top: y, width: Math.max(...right) - x, height: Math.max(...bottom) - y };
}
