/** NABirds: the files of CUB-200-2011 with sparse class numbers, and a hierarchy above the classes. */
import { join } from "node:path";
import { invalidData, type Ranks } from "../../../core/index.js";
import { isLikeBirds, readBirds } from "./cub.js";
import { namesIn } from "./find-list.js";
import { published } from "./published.js";
import type { SetReader } from "./reader.js";
import { getWhole, lookUpIn, readPairs, type TextList } from "./text-lists.js";

/** Deeper ones are no hierarchy of birds, but a circle. */
const DEEPEST = 20;

/** @see "Building a Bird Recognition App and Large Scale Dataset With Citizen Scientists", CVPR 2015 */
export const nabirds: SetReader = {
  name: "nabirds",
  title: "NABirds",
  recognises: async ({ path, listing }) => {
    const names = await namesIn(path);
    return isLikeBirds(names, listing.folders) && ["hierarchy.txt", "sizes.txt"].some((name) => names.has(name));
  },
  read: async ({ path: root }, options) => {
    const { images, names } = await readBirds(root);
    const hierarchy = await readPairs(root, "hierarchy.txt", await namesIn(root));
    const ids = [...new Set(images.map(({ classId }) => classId))].sort((a, b) => Number(a) - Number(b));
    const nameOf = lookUpIn(names, root, "classes.txt");
    const all = ids.map(nameOf);
    // Names are meant for people: what two classes share gets their number.
    const classes = all.map((name, at) =>
      all.indexOf(name) === all.lastIndexOf(name) ? name : `${name} (${ids[at]})`,
    );
    const byId = new Map(ids.map((id, at) => [id, classes[at] as string]));
    return published(nabirds, { path: root }, options, {
      classes,
      images: images.map(({ classId, ...image }) => ({ ...image, className: byId.get(classId) as string })),
      order: "the numbers in classes.txt",
      ranks: ranksOf(ids, hierarchy, names, join(root, "hierarchy.txt")),
      list: join(root, "images.txt"),
    });
  },
};

/** `level1` is the broadest; a class that has fewer above it is a group of its own in the others. */
function ranksOf(ids: readonly string[], parents: TextList, names: TextList, path: string): Ranks {
  const lineages = ids.map((id) => lineageOf(id, parents, path));
  // All birds have the root in common, and each class is no group of itself.
  const levels = Math.max(...lineages.map((lineage) => lineage.length)) - 2;
  const groupAt = (lineage: readonly string[], level: number) => lineage[level] ?? (lineage.at(-1) as string);
  const rank = (level: number) =>
    lineages.map((lineage) => names.get(groupAt(lineage, level)) ?? groupAt(lineage, level));
  return Object.fromEntries(Array.from({ length: Math.max(levels, 0) }, (_, at) => [`level${at + 1}`, rank(at + 1)]));
}

/** From the root down to the class itself. */
function lineageOf(id: string, parents: TextList, path: string): readonly string[] {
  const lineage = [id];
  for (let parent = parents.get(id); parent !== undefined; parent = parents.get(parent)) {
    lineage.unshift(parent);
    if (lineage.length > DEEPEST)
      throw invalidData(path, `class ${id} has no root above it: lines go in a circle`, getWhole);
  }
  return lineage;
}
