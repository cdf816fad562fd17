/** FGVC-Aircraft: variants, families and manufacturers in lists of images, and a banner below each photograph. */
import { join } from "node:path";
import { invalidData, invalidOption, type Rectangle, type Split } from "../../../core/index.js";
import type { FolderOptions } from "../folder/options.js";
import { namesIn } from "./find-list.js";
import { published } from "./published.js";
import type { SetReader } from "./reader.js";
import { asksForValidation, type Unsettled } from "./settle-splits.js";
import { getWhole, numbersOf, pathWithin, readPairs, requireLines, type TextList } from "./text-lists.js";

/** From the finest, with the list of each. */
const ranks = { variant: "variants.txt", family: "families.txt", manufacturer: "manufacturers.txt" } as const;
type Rank = keyof typeof ranks;

const signs = [
  "variants.txt",
  "families.txt",
  "manufacturers.txt",
  "images_variant_trainval.txt",
  "images_variant_test.txt",
];

/** @see "Fine-Grained Visual Classification of Aircraft", 2013 */
export const aircraft: SetReader = {
  name: "aircraft",
  title: "FGVC-Aircraft",
  recognises: async ({ path }) => {
    const names = await namesIn(path);
    return signs.filter((name) => names.has(name)).length >= 3;
  },
  read: async ({ path: root }, options) => {
    const there = await namesIn(root);
    if (!there.has("images")) throw invalidData(root, "there is no folder images", getWhole);
    const rank = rankOf(options);
    const classes = await requireLines(root, ranks[rank], there);
    const images: Unsettled[] = [];
    const boxOf = await readBoxes(root, there);
    for (const [part, split] of partsOf(options)) {
      const name = `images_${rank}_${part}.txt`;
      for (const [id, className] of await readPairs(root, name, there)) {
        if (!classes.includes(className))
          throw invalidData(join(root, name), `"${className}" of ${id} is not in ${ranks[rank]}`, getWhole);
        const path = `images/${pathWithin(id, join(root, name))}.jpg`;
        images.push({ path, className, split, banner: options.cropBanner, facts: boxOf(id) });
      }
    }
    const layout = await published(aircraft, { path: root }, options, {
      classes,
      images,
      order: ranks[rank],
      ranks: await ranksAbove(root, rank, classes, there),
      list: join(root, `images_${rank}_trainval.txt`),
    });
    const set = layout.published;
    return { ...layout, ...(set && options.rank !== null && { published: { ...set, rank } }) };
  },
};

/** @throws FGKD_INVALID_OPTION */
function rankOf({ rank }: Pick<FolderOptions, "rank">): Rank {
  const name = rank ?? "variant";
  if (Object.hasOwn(ranks, name)) return name as Rank;
  const known = Object.keys(ranks).join(", ");
  throw invalidOption("source folder", "rank", `one of ${known}`, rank, "FGVC-Aircraft has no other.");
}

/** Trained on both halves that are not for testing, unless the second is asked for as what it is. */
function partsOf(options: Pick<FolderOptions, "validationFolders">): readonly (readonly [string, Split])[] {
  const trains: readonly (readonly [string, Split])[] = asksForValidation(options)
    ? [
        ["train", "train"],
        ["val", "validation"],
      ]
    : [["trainval", "train"]];
  return [...trains, ["test", "test"]];
}

/** Corners are counted from 1, and belong to the box. */
async function readBoxes(root: string, there: ReadonlySet<string>): Promise<(id: string) => { box?: Rectangle }> {
  const boxes: TextList = there.has("images_box.txt") ? await readPairs(root, "images_box.txt") : new Map();
  return (id) => {
    const text = boxes.get(id);
    if (text === undefined) return {};
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = numbersOf(text, 4, join(root, "images_box.txt"));
    return { box: { left: x1 - 1, top: y1 - 1, width: x2 - x1 + 1, height: y2 - y1 + 1 } };
  };
}

/** By what lists say of the same image. */
async function ranksAbove(root: string, rank: Rank, classes: readonly string[], there: ReadonlySet<string>) {
  const names = Object.keys(ranks) as Rank[];
  const read = async (one: Rank) => {
    const name = (part: string) => `images_${one}_${part}.txt`;
    return new Map([
      ...(await readPairs(root, name("trainval"), there)),
      ...(await readPairs(root, name("test"), there)),
    ]);
  };
  const own = await read(rank);
  const found: Record<string, readonly string[]> = {};
  for (const above of names.slice(names.indexOf(rank) + 1)) {
    if (!there.has(`images_${above}_trainval.txt`) || !there.has(`images_${above}_test.txt`)) continue;
    const groups = await read(above);
    const groupOf = new Map([...own].map(([id, className]) => [className, groups.get(id)]));
    const all = classes.flatMap((name) => groupOf.get(name) ?? []);
    if (all.length === classes.length) found[above] = all;
  }
  return found;
}
