/** Oxford-IIIT Pets: breeds of cats and dogs. */
import { join } from "node:path";
import { invalidData } from "../../../core/index.js";
import { published } from "./published.js";
import type { SetReader } from "./reader.js";
import type { Unsettled } from "./settle-splits.js";
import { isFile, readLines } from "./text.js";

const lists = { train: "annotations/trainval.txt", test: "annotations/test.txt" } as const;

/** Some of its `.jpg` are GIF or PNG: files are told apart by their bytes. @see "Cats and Dogs", 2012 */
export const pets: SetReader = {
  name: "pets",
  title: "Oxford-IIIT Pets",
  recognises: async ({ path, listing }) =>
    listing.folders.includes("images") &&
    (await isFile(join(path, lists.train))) &&
    (await isFile(join(path, lists.test))),
  read: async (place, options) => {
    const found = await Promise.all([readList(place.path, "train"), readList(place.path, "test")]);
    const images = found.flat();
    const byId = new Map<number, Pet>();
    for (const pet of images) {
      const other = byId.get(pet.id) ?? pet;
      if (other.className !== pet.className) {
        const problem = `class ${pet.id} is ${other.className} and, of ${pet.path}, ${pet.className}`;
        throw invalidData(join(place.path, lists[pet.split]), problem, "Get the data set whole.");
      }
      byId.set(pet.id, other);
    }
    const inOrder = [...byId.values()].sort((a, b) => a.id - b.id);
    return published(pets, place, options, {
      classes: inOrder.map(({ className }) => className),
      images: images.map(({ path, className, split }) => ({ path, className, split })),
      order: "the class ids of its lists",
      ranks: { species: inOrder.map(({ species }) => species) },
      list: join(place.path, lists.train),
    });
  },
};

interface Pet extends Unsettled {
  readonly split: "train" | "test";
  /** From 1 on. */
  readonly id: number;
  readonly species: string;
}

/** Lines "name class species breed": `Abyssinian_1 1 1 1`. */
async function readList(root: string, split: Pet["split"]): Promise<readonly Pet[]> {
  const path = join(root, lists[split]);
  const lines = (await readLines(path)).filter((line) => !line.startsWith("#"));
  return lines.map((line) => {
    const [, name, id, species] = /^(\S+)\s+(\d+)\s+([12])\s/.exec(line) ?? [];
    if (name === undefined || !name.includes("_"))
      throw invalidData(path, `"${line}" is no image`, "Expected is: name class species breed.");
    const className = name.slice(0, name.lastIndexOf("_"));
    return { path: `images/${name}.jpg`, className, split, id: Number(id), species: species === "1" ? "cat" : "dog" };
  });
}
