/** iNaturalist's contests: folders of species whose names are numbers, with the ranks above them. */
import { basename, join } from "node:path";
import { invalidData, type Ranks } from "../../../core/index.js";
import { readLayout } from "../folder/layout.js";
import { byBytes } from "../folder/listing.js";
import { splitName } from "../folder/split-names.js";
import { filesOf, lookInto, type Place, startWalk, stepInto } from "../folder/walk.js";
import { readCocoSplits } from "./coco-splits.js";
import { published } from "./published.js";
import type { SetReader } from "./reader.js";

/** Pieces of a folder's name of 2021, after its number. */
const ranks = ["kingdom", "phylum", "class", "order", "family", "genus"] as const;
const SPECIES = /^\d{5}(_[^_]+){7,}$/;
const NUMBER = /^\d+$/;
/** Folders above those of species: of 2018, and of 2019. */
const groupNames = new Set(
  (
    "Actinopterygii Amphibia Animalia Arachnida Aves Bacteria Chromista Fungi Insecta Mammalia Mollusca Plantae Protozoa Reptilia " +
    "Amphibians Birds Insects Plants Reptiles"
  ).split(" "),
);

/** 2021: `train/<number>_<kingdom>_…_<species>/`; 2018 and 2019: `<kingdom>/<number>/`, split by lists beside them. */
export const inaturalist: SetReader = {
  name: "inaturalist",
  title: "iNaturalist",
  recognises: async (place) => (await kindOf(place)) !== undefined,
  read: async (place, options) => {
    const kind = await kindOf(place);
    if (kind === undefined)
      throw invalidData(
        place.path,
        "its folders are not those of iNaturalist",
        "Expected is train/<number>_<kingdom>_…_<species>/, or <group>/<number>/.",
      );
    if (kind !== "2021") return readGroups(kind, place, options);
    const layout = await readLayout({ ...options, path: place.path });
    const about = { layout: "inaturalist", title: inaturalist.title, order: "the numbers of its folders" } as const;
    return { ...layout, published: { ...about, ranks: ranksOf(layout.classes) } };
  },
};

function ranksOf(classes: readonly string[]): Ranks {
  const pieces = classes.map((name) => name.split("_"));
  return Object.fromEntries(ranks.map((rank, at) => [rank, pieces.map((parts) => parts[at + 1] as string)]));
}

/** `2021`, or the folder in which the groups lie (`train_val2018`; empty: the root). */
async function kindOf(place: Place): Promise<string | undefined> {
  const { folders } = place.listing;
  const isSpecies = (names: readonly string[]) => names.length > 0 && names.every((name) => SPECIES.test(name));
  if (isSpecies(folders)) return "2021";
  const inner = await Promise.all(folders.map(async (name) => lookInto(await stepInto(place, name))));
  const isSplit = (name: string | undefined) => splitName(name ?? "") !== undefined;
  if (inner.some(({ listing }, at) => isSplit(folders[at]) && isSpecies(listing.folders))) return "2021";
  if (holdsGroups(inner)) return "";
  for (const [at, outer] of inner.entries()) {
    if (!/^(train_val)?20\d\d$/.test(folders[at] ?? "")) continue;
    const groups = await Promise.all(outer.listing.folders.map(async (name) => lookInto(await stepInto(outer, name))));
    if (holdsGroups(groups)) return folders[at];
  }
  return undefined;
}

/** Whether all of these are groups of species, and hold folders that are numbers. */
function holdsGroups(groups: readonly Place[]): boolean {
  const numbers = groups.flatMap(({ listing }) => listing.folders);
  if (!groups.every(({ path }) => groupNames.has(basename(path)))) return false;
  const areNumbers =
    groups.every(({ listing }) => listing.folders.length > 0) && numbers.every((name) => NUMBER.test(name));
  return groups.length > 0 && areNumbers;
}

async function readGroups(base: string, place: Place, options: Parameters<SetReader["read"]>[1]) {
  const outer = base === "" ? place : await lookInto(await stepInto(place, base));
  const walk = startWalk(new Map(), []);
  const species: { number: string; group: string; files: readonly string[] }[] = [];
  for (const group of outer.listing.folders) {
    const inner = await lookInto(await stepInto(outer, group));
    for (const number of inner.listing.folders) {
      const files = await filesOf(await stepInto(inner, number), number, walk);
      const folder = [base, group, number].filter(Boolean).join("/");
      species.push({ number, group, files: files.map((file) => `${folder}/${file}`).sort(byBytes) });
    }
  }
  species.sort((a, b) => Number(a.number) - Number(b.number));
  const lists = await readCocoSplits(place.path);
  const nameOf = (number: string) => lists?.names.get(Number(number)) ?? number;
  const images = species.flatMap(({ number, files }) =>
    files.flatMap((path) => {
      const split = lists?.splitOf(path);
      // Beside those that a list names lie the ones that are for its tests.
      return lists && !split ? [] : [{ path, className: nameOf(number), ...(split && { split }) }];
    }),
  );
  return published(inaturalist, place, options, {
    classes: species.map(({ number }) => nameOf(number)),
    images,
    order: "the numbers of its folders",
    ranks: { group: species.map(({ group }) => group) },
    list: lists?.path ?? join(place.path, base),
  });
}
