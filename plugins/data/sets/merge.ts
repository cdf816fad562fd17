/** Makes one data set of several: the classes of each follow those of the one before. */
import { basename, dirname, relative, sep } from "node:path";
import { drawTest } from "../folder/draw-splits.js";
import type { Candidate, FolderLayout } from "../folder/layout.js";
import { isWithin } from "../folder/listing.js";
import type { FolderOptions } from "../folder/options.js";

/** What a set is called among those that it is merged with. */
function titleOf({ published, root }: FolderLayout): string {
  return published?.title ?? basename(root);
}

/**
 * One layout of all, rooted where their folders part. Ranks of the sets are not kept: hardly two have the same.
 *
 * @param layouts at least one
 */
export function mergeSets(layouts: readonly FolderLayout[], options: Required<FolderOptions>): FolderLayout {
  const root = layouts.map((layout) => layout.root).reduce(commonFolder);
  const taken = new Set<string>();
  const titles = new Set<string>();
  const parts = layouts.map((layout) => {
    const title = uniqueName(titleOf(layout), titles, (count) => `${titleOf(layout)} (${count})`);
    const drawn = layout.isUnsplit ? drawTest(layout, options) : layout;
    const names = new Map(
      layout.classes.map((name) => [name, uniqueName(name, taken, (n) => `${name} (${title}${n > 2 ? ` ${n}` : ""})`)]),
    );
    const prefix = relative(root, layout.root).split(sep).join("/");
    const candidates = drawn.candidates.map(
      (one): Candidate => ({
        ...one,
        className: names.get(one.className) ?? one.className,
        path: prefix === "" ? one.path : `${prefix}/${one.path}`,
        set: title,
      }),
    );
    return { ...drawn, classes: [...names.values()], candidates };
  });
  const all = <T>(pick: (layout: FolderLayout) => readonly T[]) => parts.flatMap((part) => [...pick(part)]);
  return {
    root,
    classes: all(({ classes }) => classes),
    candidates: all(({ candidates }) => candidates),
    testsOnly: parts.every(({ testsOnly }) => testsOnly),
    isUnsplit: false,
    notes: all(({ notes }) => notes),
    warnings: all(({ warnings = [] }) => warnings),
    litter: new Map(parts.flatMap(({ litter }) => [...litter])),
    tooDeep: all(({ tooDeep }) => tooDeep),
    merged: parts.map((part) => part.published),
  };
}

function commonFolder(one: string, other: string): string {
  let common = one;
  while (!isWithin(other, common) && common !== dirname(common)) common = dirname(common);
  return common;
}

/** The name, or what it becomes where it is taken. */
function uniqueName(name: string, taken: Set<string>, other: (count: number) => string): string {
  let own = name;
  for (let count = 2; taken.has(own); count++) own = other(count);
  taken.add(own);
  return own;
}
