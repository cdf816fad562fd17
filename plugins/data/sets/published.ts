/** From what a reader found to the layout of a set: one way for all. */
import type { Ranks } from "../../../core/index.js";
import type { FolderLayout } from "../folder/layout.js";
import type { FolderOptions } from "../folder/options.js";
import type { Place } from "../folder/walk.js";
import { withoutMissing } from "./missing.js";
import type { SetReader } from "./reader.js";
import { settleSplits, type Unsettled } from "./settle-splits.js";

/** What a set says of its images. */
export interface SetContent {
  /** In label order. */
  readonly classes: readonly string[];
  readonly images: readonly Unsettled[];
  /** As `PublishedSet.order`. */
  readonly order: string;
  readonly ranks?: Ranks;
  readonly overlap?: string;
  readonly notes?: readonly string[];
  /** The file that says so, for messages. */
  readonly list: string;
}

/** @throws FGKD_BAD_IMAGE for files that are listed and not there, FGKD_INVALID_DATA */
export async function published(
  { name, title }: Pick<SetReader, "name" | "title">,
  { path: root }: Pick<Place, "path">,
  options: Required<FolderOptions>,
  { classes, images, order, ranks, overlap, notes = [], list }: SetContent,
): Promise<FolderLayout> {
  const settled = settleSplits(list, images, options);
  const present = await withoutMissing(root, settled.candidates, options);
  return {
    root,
    classes,
    ...settled,
    candidates: present.candidates,
    notes: [...notes, ...settled.notes, ...present.notes],
    litter: new Map(),
    tooDeep: [],
    published: { layout: name, title, order, ...(ranks && { ranks }), ...(overlap && { overlap }) },
  };
}
