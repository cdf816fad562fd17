/** `check` of the folder source: every image is looked at, whatever is wrong with others, and a report says what was found. */
import { join } from "node:path";
import type { ClassCount, DataCheck, DataReport, Placed } from "../../../core/index.js";
import { drawSplits } from "../folder/draw-splits.js";
import type { Candidate, FolderLayout } from "../folder/layout.js";
import { litterInWords } from "../folder/litter.js";
import type { FolderOptions } from "../folder/options.js";
import type { RankedLayout } from "../folder/taxonomy.js";
import { forEachAtOnce } from "../images/at-once.js";
import { createPictureMemory } from "../images/memory.js";
import { overlapsOf } from "../sets/about.js";
import { findBanner } from "./banner.js";
import { findDuplicates } from "./duplicates.js";
import { noImages, whatSpoils, whatToNote } from "./judge.js";
import { type Look, lookAt } from "./look.js";
import { chooseForSheet, writeSheet } from "./sheet.js";

/** Images decoded at a time, by as many threads of libuv's. */
const AT_ONCE = 4;

/** An image that can be used, and what was seen of it. */
interface Good {
  readonly candidate: Candidate;
  readonly look: Look;
}

/** @throws FGKD_PATH when the sheet cannot be written, FGKD_INVALID_DATA when no image can be read */
export async function checkData(
  layout: RankedLayout,
  options: Required<FolderOptions>,
  { sheet, onProgress }: DataCheck,
): Promise<DataReport> {
  const { root, candidates } = layout;
  const looks = await lookAtAll(layout, options.maxPixels, onProgress);
  const corrupt = candidates.flatMap(({ path }, at) => {
    const problem = looks[at]?.problem;
    return problem === undefined ? [] : [{ path, problem }];
  });
  const good = goodOnes(layout, looks, options);
  const images: readonly Placed[] = good.map(({ candidate: { path, split, className } }) => ({
    path,
    split,
    className,
  }));
  // Others lie in splits that nobody trains on.
  const names = new Set([...layout.classes, ...candidates.map(({ className }) => className)]);
  const classes = countClasses([...names], images);
  const paths = good.map(({ candidate }) => join(root, candidate.path));
  const found = {
    classes,
    corrupt,
    counts: countSplits(images),
    duplicates: findDuplicates(
      images,
      good.map(({ look }) => look),
    ),
    imbalance: imbalanceOf(classes),
    // What is cut off beforehand spoils nothing.
    banner: await findBanner(paths.filter((_, at) => !good[at]?.candidate.banner)),
  };
  if (sheet !== undefined) {
    const shown = images.map(({ className }, at) => ({ className, path: paths[at] as string }));
    await writeSheet(sheet, chooseForSheet(layout.classes, shown));
  }
  return {
    layout: layout.published?.layout ?? "folders",
    path: root,
    order: layout.merged ? "the sets, one after the other" : (layout.published?.order ?? "byte-wise sorted names"),
    ranks: Object.fromEntries(Object.entries(layout.ranks).map(([rank, groups]) => [rank, new Set(groups).size])),
    ...found,
    sizes: sizesOf(good),
    spoils: whatSpoils(found),
    notes: [...whatToNote(found), ...ofLayout(layout)],
    ...(sheet !== undefined && { sheet }),
  };
}

async function lookAtAll(
  { root, candidates }: FolderLayout,
  maxPixels: number,
  onProgress: DataCheck["onProgress"],
): Promise<readonly Look[]> {
  const memory = createPictureMemory();
  const looks: Look[] = new Array(candidates.length);
  let done = 0;
  await forEachAtOnce(AT_ONCE, candidates, async ({ path }, at) => {
    looks[at] = await lookAt(join(root, path), maxPixels, memory);
    done += 1;
    onProgress?.(done, candidates.length);
  });
  return looks;
}

/** In the splits that training would have: drawn from what is left. */
function goodOnes(layout: FolderLayout, looks: readonly Look[], options: Required<FolderOptions>): readonly Good[] {
  const isGood = (_: unknown, at: number) => looks[at]?.problem === undefined;
  const kept = looks.filter(isGood);
  // What is drawn stays at its place.
  const { candidates } = drawSplits({ ...layout, candidates: layout.candidates.filter(isGood) }, options);
  return candidates.map((candidate, at) => ({ candidate, look: kept[at] as Look }));
}

function countSplits(images: readonly Placed[]): DataReport["counts"] {
  const counts = noImages();
  for (const { split } of images) counts[split] += 1;
  return counts;
}

function countClasses(names: readonly string[], images: readonly Placed[]): readonly ClassCount[] {
  const counts = new Map(names.map((name) => [name, noImages()]));
  for (const { className, split } of images) {
    const own = counts.get(className);
    if (own) own[split] += 1;
  }
  return [...counts].map(([name, images]) => ({ name, images }));
}

function imbalanceOf(classes: readonly ClassCount[]): number | null {
  const counts = classes.map(({ images }) => images.train);
  const least = Math.min(...counts);
  return least > 0 && Number.isFinite(least) ? Math.max(...counts) / least : null;
}

function sizesOf(good: readonly Good[]): DataReport["sizes"] {
  const sized = good.map(({ candidate: { path }, look: { width = 0, height = 0 } }) => ({ path, width, height }));
  const byPixels = [...sized].sort((a, b) => a.width * a.height - b.width * b.height);
  const [smallest, largest] = [byPixels[0], byPixels.at(-1)];
  if (!smallest || !largest) return null;
  const medianOf = (key: "width" | "height") => sized.map((one) => one[key]).sort((a, b) => a - b)[sized.length >> 1];
  return { smallest, median: [medianOf("width") as number, medianOf("height") as number], largest };
}

/** What listing the folder has found. */
function ofLayout(layout: FolderLayout): readonly string[] {
  const { notes, litter, tooDeep } = layout;
  const passedOver = litterInWords(litter);
  return [
    ...(overlapsOf(layout).overlaps ?? []),
    ...notes,
    ...(passedOver === "" ? [] : [`Passed over in class folders: ${passedOver}.`]),
    ...(tooDeep.length === 0 ? [] : [`Passed over, since they lie too deep within a class: ${tooDeep.join(", ")}.`]),
  ];
}
