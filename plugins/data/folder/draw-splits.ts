/** Splits that are drawn: a share of each class for testing, or of its training images to validate on. */
import { createHash } from "node:crypto";
import { invalidData } from "../../../core/index.js";
import type { FolderLayout } from "./layout.js";
import type { FolderOptions } from "./options.js";

/** Draws what the folder leaves open: a share of each class for testing, and one of its training images to validate on. */
export function drawSplits(layout: FolderLayout, options: Required<FolderOptions>): FolderLayout {
  if (layout.testsOnly) return layout;
  return drawValidation(layout.isUnsplit ? drawTest(layout, options) : layout, options);
}

/** Draws a share of each class for testing. */
export function drawTest(layout: FolderLayout, { split, splitSeed }: Required<FolderOptions>): FolderLayout {
  const drawn = new Set(
    layout.classes.flatMap((name) => {
      const own = layout.candidates.filter(({ className }) => className === name).map(({ path }) => path);
      return own.length === 0 ? [] : [...draw(own, split, String(splitSeed))];
    }),
  );
  const candidates = layout.candidates.map((candidate) =>
    drawn.has(candidate.path) ? { ...candidate, split: "test" as const } : candidate,
  );
  return { ...layout, candidates };
}

/** Moves a share of each class from the training images to the validation split; all others stay where they are. */
function drawValidation(layout: FolderLayout, { validation, splitSeed }: Required<FolderOptions>): FolderLayout {
  if (validation === null) return layout;
  const drawn = new Set(
    layout.classes.flatMap((name) => {
      const own = layout.candidates.filter(({ split, className }) => split === "train" && className === name);
      // An empty class is told of when all files have been looked at.
      if (own.length === 0) return [];
      if (own.length === 1) {
        const problem = `class "${name}" has one training image, too few for a validation split`;
        throw invalidData(layout.root, problem, "Add some, or leave data.validation out.");
      }
      const paths = own.map(({ path }) => path);
      return [...draw(paths, validation, `validation/${splitSeed}`)];
    }),
  );
  const candidates = layout.candidates.map((candidate) =>
    drawn.has(candidate.path) ? { ...candidate, split: "validation" as const } : candidate,
  );
  return { ...layout, candidates };
}

/** By hash of name and seed: the draw does not depend on other classes, and hardly on files that come or go. */
function draw(files: readonly string[], share: number, seed: string): ReadonlySet<string> {
  const ranked = files
    .map((path) => ({ path, rank: createHash("sha256").update(`${seed}/${path}`).digest("hex") }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1));
  const count = Math.max(1, Math.min(files.length - 1, Math.round(files.length * share)));
  return new Set(ranked.slice(0, count).map(({ path }) => path));
}
