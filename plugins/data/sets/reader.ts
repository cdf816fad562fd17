/** What a reader of a published data set is: one file each, listed in `readers.ts`. */
import type { FolderLayout } from "../folder/layout.js";
import type { FolderOptions, LayoutName } from "../folder/options.js";
import type { Place } from "../folder/walk.js";

/** Reads one published data set, in every layout that it is passed on in. */
export interface SetReader {
  /** As `data.layout` and `--data <name>=<folder>` call it: `cub`. */
  readonly name: LayoutName;
  /** As its authors call it: `CUB-200-2011`. */
  readonly title: string;
  /** Whether a folder is that set's root, by the names in it alone: no file is read. */
  recognises(place: Place): boolean | Promise<boolean>;
  /**
   * @param place a folder that it recognises, or that the user says is one
   * @throws FGKD_PATH, FGKD_INVALID_DATA
   */
  read(place: Place, options: Required<FolderOptions>): Promise<FolderLayout>;
}
