/** How large sets are as published: what is there should be as many, and where it is not, somebody wants to know. */
import { type Split, splits } from "../../../core/index.js";
import type { FolderLayout } from "../folder/layout.js";
import type { LayoutName } from "../folder/options.js";

interface Counts {
  readonly classes: number;
  readonly train: number;
  readonly test: number;
}

const published: Readonly<Partial<Record<LayoutName, Counts>>> = {
  cub: { classes: 200, train: 5994, test: 5794 },
  nabirds: { classes: 555, train: 23_929, test: 24_633 },
  cars: { classes: 196, train: 8144, test: 8041 },
  aircraft: { classes: 100, train: 6667, test: 3333 },
  dogs: { classes: 120, train: 12_000, test: 8580 },
  pets: { classes: 37, train: 3680, test: 3669 },
  flowers: { classes: 102, train: 2040, test: 6149 },
  food101: { classes: 101, train: 75_750, test: 25_250 },
  foodx: { classes: 251, train: 118_475, test: 11_994 },
};

/** A sentence where a set is not as large as published; what is for validation counts as for training. */
export function countsInDoubt({
  candidates,
  classes,
  published: set,
}: Pick<FolderLayout, "candidates" | "classes" | "published">): readonly string[] {
  const expected = set && published[set.layout];
  if (!expected) return [];
  const count = (of: readonly Split[]) => candidates.filter(({ split }) => of.includes(split)).length;
  const found = { classes: classes.length, train: count(["train", "validation"]), test: count(["test"]) };
  const isWhole = (Object.keys(found) as (keyof Counts)[]).every((key) => found[key] === expected[key]);
  if (isWhole) return [];
  return [
    `${set.title} as published has ${inWords(expected)}; here are ${inWords(found)}. If it is a part of the set on purpose, all is well; results are then not those of the whole set.`,
  ];
}

/** What a set is, and in which order its classes are. */
export function setInWords({ candidates, classes, published: set }: FolderLayout): string {
  const counts = splits.map((split) => [split, candidates.filter((one) => one.split === split).length] as const);
  const there = counts.filter(([, count]) => count > 0).map(([split, count]) => `${count} ${split}`);
  return `${set?.title}: ${classes.length} classes in the order of ${set?.order}; images: ${there.join(", ")}.`;
}

function inWords({ classes, train, test }: Counts): string {
  return `${classes} classes, ${train} images to train on and ${test} to test on`;
}
