/** Looks at every file before training starts: bad images, classes without images, the fingerprint. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { badImage, invalidData, type Logger, type Split, splits } from "../../../core/index.js";
import { forEachAtOnce } from "../images/at-once.js";
import { askForHeader, type Resizing, sizeProblem } from "../images/header.js";
import { type FileReport, ImageProblem } from "../images/inspect.js";
import { createPictureMemory, holdMemory } from "../images/memory.js";
import { isNearly } from "./class-names.js";
import { drawSplits } from "./draw-splits.js";
import { glanceAt, lookAtAll } from "./glance.js";
import { type Candidate, emptyClass, type FolderLayout } from "./layout.js";
import type { FolderOptions } from "./options.js";
import { under } from "./under.js";

/** Images decoded at a time, by as many threads of libuv's. */
const AT_ONCE = 4;
/** Bad files that one error names. */
const NAMED = 5;

/** What may be trained on, and what identifies it. */
export interface CheckedFolder {
  readonly candidates: readonly Candidate[];
  /** Of each candidate: two files whose hashes differ have other bytes. */
  readonly hashes: readonly string[];
  readonly fingerprint: string;
}

/**
 * Leaves out (`skip`) or refuses (`fail`) what cannot be used, and draws the splits from what is left: the same ones as without
 * those files.
 *
 * Always looks at the first and last bytes, and decodes what looks cut short; with `skip` decodes everything, because
 * later, in the middle of a run, nothing may be left out any more: batches would change.
 *
 * Of sets of more than 50,000 images it opens a sample, unless it decodes everything.
 *
 * @param sizes to which pictures will be resized, where that is known
 * @param most images of a set of which each is looked at
 * @throws FGKD_BAD_IMAGE, FGKD_INVALID_DATA
 */
export async function checkFolder(
  layout: FolderLayout,
  options: Required<FolderOptions>,
  sizes: readonly Resizing[],
  logger: Logger,
  most = lookAtAll,
): Promise<CheckedFolder> {
  const { onBadImage, badImageShare } = options;
  const paths = layout.candidates.map(({ path }) => under(layout.root, path));
  if (onBadImage === "skip") logger.info(`Checking ${paths.length} images…`);
  const atMost = onBadImage === "skip" ? Number.POSITIVE_INFINITY : most;
  const glance = await glanceAt(paths, atMost);
  const reports = [...glance.reports];
  if (glance.looked < paths.length)
    logger.info(
      `${paths.length} images: ${glance.looked} of them were looked at. Damage in the others shows when they are decoded, and stops the run then.`,
    );
  await measure(paths, reports, sizes, options.maxPixels);
  await verify(paths, reports, options, onBadImage === "skip" ? () => true : ({ suspicious }) => suspicious);
  const bad = reports.flatMap(({ problem }, index) => (problem === undefined ? [] : [{ index, problem }]));
  if (bad.length > 0 && onBadImage === "fail") throw refuse(bad, paths);
  if (bad.length > badImageShare * paths.length) {
    const [first] = bad as [{ index: number; problem: string }];
    const problem = `${first.problem}; ${bad.length} of ${paths.length} images are bad, more than data.badImageShare (${badImageShare}) allows`;
    throw invalidData(
      paths[first.index] as string,
      problem,
      "Is the data set whole? Raise the share to train on the rest.",
    );
  }
  for (const { index, problem } of bad) logger.warn(`Left out ${paths[index]}: ${problem}.`);
  if (bad.length > 0) logger.warn(`${bad.length} of ${paths.length} images were left out.`);
  const isGood = (_: unknown, index: number) => reports[index]?.problem === undefined;
  const { candidates } = drawSplits({ ...layout, candidates: layout.candidates.filter(isGood) }, options);
  requireEveryClass(layout, candidates);
  const good = reports.filter(isGood);
  return { candidates, hashes: good.map(({ hash }) => hash), fingerprint: fingerprintOf(candidates, good) };
}

/** Notes which pictures are too large, or become it. Most say how large they are in bytes that have been read already. */
async function measure(
  paths: readonly string[],
  reports: FileReport[],
  sizes: readonly Resizing[],
  maxPixels: number,
): Promise<void> {
  await forEachAtOnce(AT_ONCE, reports, async (report, index) => {
    if (report.problem !== undefined || report.isUnopened) return;
    const header = report.header ?? (await askForHeader(paths[index] as string));
    const problem = header && sizeProblem(header, sizes, maxPixels);
    if (problem !== undefined) reports[index] = { ...report, problem };
  });
}

/** Decodes the images chosen, and notes in their reports what is wrong. */
async function verify(
  paths: readonly string[],
  reports: FileReport[],
  { exif, maxPixels }: Pick<Required<FolderOptions>, "exif" | "maxPixels">,
  isChosen: (report: FileReport) => boolean,
): Promise<void> {
  const chosen = reports.flatMap((report, index) => (report.problem === undefined && isChosen(report) ? [index] : []));
  if (chosen.length === 0) return;
  const { decodeFile } = await import("../images/decode.js");
  const memory = createPictureMemory();
  await forEachAtOnce(AT_ONCE, chosen, async (index) => {
    const held = holdMemory(memory);
    try {
      await decodeFile(paths[index] as string, exif, maxPixels, held);
    } catch (error) {
      if (!(error instanceof ImageProblem)) throw error;
      reports[index] = { ...(reports[index] as FileReport), problem: error.message };
    } finally {
      held.release();
    }
  });
}

function refuse(bad: readonly { index: number; problem: string }[], paths: readonly string[]) {
  const [first, ...others] = bad as [{ index: number; problem: string }];
  const names = others.slice(0, NAMED).map(({ index }) => paths[index]);
  const more = others.length > NAMED ? `, and ${others.length - NAMED} more` : "";
  const also = others.length > 0 ? `; also bad: ${names.join(", ")}${more}` : "";
  return badImage(paths[first.index] as string, `${first.problem}${also}`);
}

function requireEveryClass(layout: FolderLayout, candidates: readonly Candidate[]): void {
  const { root, classes, candidates: all, isUnsplit, testsOnly } = layout;
  if (classes.length < 2) {
    const remedy = "Hand over the folder that holds the class folders, not one of them.";
    throw invalidData(root, `only one class (${classes[0]})`, remedy);
  }
  const [firstOf, firstOfAll] = [firsts(candidates), firsts(all)];
  const names = new Set(all.map(({ className }) => className));
  const mayLack = (split: Split) => split === "validation" || (split === "train" && testsOnly);
  const there = splits.filter((split) => !mayLack(split) || candidates.some((one) => one.split === split));
  for (const name of new Set([...classes, ...names])) {
    for (const split of there) {
      if (firstOf(name, split)) continue;
      const before = firstOfAll(name, split);
      const other = candidates.find(({ className }) => className === name);
      if (!other) throw emptyClass(before ? join(root, before.path, "..") : join(root, name));
      if (before && !isUnsplit) throw allBad(join(root, before.path, ".."), name, split);
      const like = all.find((one) => one.split === split && one.className !== name && isNearly(one.className, name));
      const hint = like ? ` (class "${like.className}" is there: to this system they are two names)` : "";
      const problem = `class "${name}" is missing from the ${split} split${hint}`;
      throw invalidData(
        root,
        problem,
        `It has images in ${folderOf(other)}: add some for the ${split} split, or remove it${unlessNone(split)}.`,
      );
    }
  }
}

/** The first image of a class in a split. */
function firsts(candidates: readonly Candidate[]): (name: string, split: Split) => Candidate | undefined {
  const found = new Map<string, Candidate>();
  for (const candidate of candidates) {
    const key = `${candidate.split}/${candidate.className}`;
    if (!found.has(key)) found.set(key, candidate);
  }
  return (name, split) => found.get(`${split}/${name}`);
}

/** There were files, but nothing that can be used; elsewhere the class has images. */
function allBad(folder: string, name: string, split: Split) {
  const problem = `none of the images of class "${name}" in the ${split} split can be used: all are bad`;
  return invalidData(folder, problem, "Replace them, or remove the class from every split.");
}

/** A validation split that nobody asked for can be left out. */
function unlessNone(split: Split): string {
  return split === "validation" ? ", or set data.validationFolders to []" : "";
}

function folderOf({ path }: Candidate): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}

/**
 * Over split, class (in the path) and place of every file, and over its size, start and end: reading gigabytes whole at every start
 * would take longer than many a run. What changes in the middle of a large file alone, it does not see; nor what changes in files
 * that were not opened, as most of a very large set are not.
 */
function fingerprintOf(candidates: readonly Candidate[], reports: readonly FileReport[]): string {
  const hash = createHash("sha256");
  candidates.forEach(({ split, path }, index) => {
    hash.update(`${split}\t${path}\t${reports[index]?.hash ?? ""}\n`);
  });
  return hash.digest("hex").slice(0, 32);
}
