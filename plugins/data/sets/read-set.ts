/** From what `--data` names to a layout: a published set is recognised, anything else is folders of classes. */
import { type Logger, silentLogger } from "../../../core/index.js";
import { type FolderLayout, readLayout } from "../folder/layout.js";
import { byBytes } from "../folder/listing.js";
import type { FolderOptions, LayoutName } from "../folder/options.js";
import { byRank } from "./by-rank.js";
import { countsInDoubt, setInWords } from "./counts.js";
import { list, readList } from "./list.js";
import { isListName } from "./list-file.js";
import { mergeSets } from "./merge.js";
import type { SetReader } from "./reader.js";
import { readers as all } from "./readers.js";
import { placeAt, recognise, recogniseAround } from "./recognise.js";
import { splitByList } from "./split-list.js";
import { isFile } from "./text.js";
import { openPlace } from "./unpack.js";

/**
 * Reads the set, or the sets, that options name.
 *
 * @throws FGKD_PATH, FGKD_INVALID_DATA, FGKD_INVALID_OPTION, FGKD_BAD_IMAGE
 */
export async function readSet(
  options: Required<FolderOptions>,
  logger: Logger = silentLogger,
  readers: readonly SetReader[] = all,
): Promise<FolderLayout> {
  const { path, layout, and } = options;
  const first = await readOne({ ...options, path, layout }, logger, readers);
  if (and.length === 0) return first;
  const layouts = [first];
  for (const other of and) layouts.push(await readOne({ ...options, ...other }, logger, readers));
  return mergeSets(layouts, options);
}

/** The one set that options name, or that lies there open: no archive is unpacked for it. What is wrong there is told by `readSet`. */
export async function setName({ path, layout, and }: Required<FolderOptions>): Promise<LayoutName | null> {
  if (and.length > 0) return null;
  if (layout !== "auto") return layout;
  const found = await recognise(path, all).catch(() => undefined);
  return found?.reader.name ?? null;
}

async function readOne(
  options: Required<FolderOptions>,
  logger: Logger,
  readers: readonly SetReader[],
): Promise<FolderLayout> {
  const path = await openPlace(options.path, options.layout, logger);
  const own = { ...options, path };
  if (options.layout === "folders") return splitBy(await readLayout(own), own);
  // A list that was named itself; of any other file it is told that it is no folder.
  if (isListName(path) && (await isFile(path))) return settle(await readList(path, own), own);
  const asked = readers.filter(({ name }) => options.layout === "auto" || name === options.layout);
  const found = await recognise(path, asked);
  if (found) return settle(await found.reader.read(found.place, own), own);
  const [forced] = options.layout === "auto" ? [] : asked;
  // What parquet files become is a list, whichever set they are of.
  const unpacked = forced && path !== options.path ? await recognise(path, [list]) : undefined;
  if (unpacked) return settle(await list.read(unpacked.place, own), own);
  // It says what it misses.
  if (forced) return settle(await forced.read(await placeAt(path), own), own);
  const layout = await readLayout(own);
  const around = await recogniseAround(path, readers);
  if (!around) return splitBy(layout, own);
  const { reader, place } = around;
  const note = `This folder is a part of ${reader.title}, and is read as folders of classes. The set with its own split is the folder around it, ${place.path}.`;
  return splitBy({ ...layout, notes: [...layout.notes, note] }, own);
}

/** Of images without a split: as the list says that options name. */
async function splitBy(layout: FolderLayout, options: Required<FolderOptions>): Promise<FolderLayout> {
  const { splitPath } = options;
  return splitPath === null || !layout.isUnsplit ? layout : splitByList(layout, splitPath, options);
}

/** What all sets have in common: the rank asked for, the order of images, what is told. */
async function settle(read: FolderLayout, options: Required<FolderOptions>): Promise<FolderLayout> {
  const { rank } = options;
  const layout = await splitBy(read, options);
  const { published } = layout;
  if (!published) return layout;
  const whole = countsInDoubt(layout);
  const isTaken = rank === null || rank === published.rank;
  const ranked = isTaken ? layout : byRank(layout, rank, published.ranks ?? {});
  const labels = new Map(ranked.classes.map((name, label) => [name, label]));
  const labelOf = (name: string) => labels.get(name) ?? -1;
  const candidates = [...ranked.candidates].sort(
    (a, b) => labelOf(a.className) - labelOf(b.className) || byBytes(a.path, b.path),
  );
  // Whoever wrote a list of his own may have photographs of his own.
  const isPublished = published.layout !== "list" && published.layout !== "parquet";
  const marked = candidates.map((one) => ({ ...one, isPublished }));
  const warnings = published.rank === undefined ? whole : [];
  return { ...ranked, candidates: marked, notes: [setInWords(ranked), ...ranked.notes], warnings };
}
