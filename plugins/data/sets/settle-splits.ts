/** What the splits that a list names come to: which is tested on, and whether one is drawn. */
import { invalidData, type Split } from "../../../core/index.js";
import type { Candidate, FolderLayout } from "../folder/layout.js";
import type { FolderOptions } from "../folder/options.js";
import { splitName } from "../folder/split-names.js";

/** An image of which the list may not say to which split it belongs. */
export type Unsettled = Omit<Candidate, "split"> & { readonly split?: Split };

export type Settled = Pick<FolderLayout, "candidates" | "testsOnly" | "isUnsplit" | "notes">;

/**
 * As with folders: without test images those to validate on are tested; where nothing says what is for testing a share is drawn, or
 * with `testAll` everything is tested.
 *
 * @param list its path, for messages
 * @throws FGKD_INVALID_DATA
 */
export function settleSplits(list: string, images: readonly Unsettled[], options: Required<FolderOptions>): Settled {
  const found = new Set(images.map(({ split }) => split));
  const lacking = images.find(({ split }) => split === undefined);
  if (lacking && found.size > 1) {
    const problem = `nothing says to which split ${lacking.path} belongs`;
    throw invalidData(list, problem, "Say of every image whether it is for train, val or test, or of none.");
  }
  const moved = (from: Split | undefined, to: Split) =>
    images.map((image) => ({ ...image, split: image.split === from ? to : (image.split as Split) }));
  const settled = (candidates: readonly Candidate[], isUnsplit: boolean, notes: readonly string[] = []) => {
    const testsOnly = !candidates.some(({ split }) => split === "train");
    return { candidates, testsOnly, isUnsplit, notes };
  };
  if (lacking) return settled(moved(undefined, options.testAll ? "test" : "train"), !options.testAll);
  if (!found.has("train") && !options.testAll) {
    throw invalidData(list, "no image is for training", "Add some, of split train.");
  }
  if (!found.has("test") && !found.has("validation")) {
    const notes = [`Every image listed is for training: a share of each class (data.split) is drawn to test on.`];
    return settled(moved("train", options.testAll ? "test" : "train"), !options.testAll, options.testAll ? [] : notes);
  }
  if (!found.has("test")) {
    const notes = ["The images listed to validate on are the test split: none are listed for testing."];
    return settled(moved("validation", "test"), false, notes);
  }
  return settled(chosenValidation(list, moved(undefined, "train"), options), false);
}

function chosenValidation(
  list: string,
  candidates: readonly Candidate[],
  { validation, validationFolders }: Required<FolderOptions>,
): readonly Candidate[] {
  if (validationFolders?.length === 0) return candidates.filter(({ split }) => split !== "validation");
  if (validation === null || !candidates.some(({ split }) => split === "validation")) return candidates;
  const remedy = "Leave data.validation out, or set data.validationFolders to [] to draw from the training images.";
  throw invalidData(list, "there is a validation split already", remedy);
}

/** Whether settings ask for the images that a set's authors would validate on: papers train on them. */
export function asksForValidation({ validationFolders }: Pick<FolderOptions, "validationFolders">): boolean {
  return validationFolders?.some((name) => splitName(name)?.split === "validation") ?? false;
}
