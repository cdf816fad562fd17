/** What a source says of published sets beside their pictures: groups of classes, overlaps, places in pictures; and how they are decoded. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { type ImageFacts, invalidOption, type Source, type Split } from "../../../core/index.js";
import type { Candidate, FolderLayout } from "../folder/layout.js";
import type { FolderOptions } from "../folder/options.js";
import { under } from "../folder/under.js";
import type { Recipe } from "../images/tasks.js";

/** What decides how pictures are seen. */
type SeenOptions = Pick<Required<FolderOptions>, "exif" | "maxPixels" | "crop" | "decode">;

/** How a picture is decoded, and which part of it is seen. */
export function recipeOf(
  { path, facts, banner, isPublished }: Candidate,
  root: string,
  { exif, maxPixels, crop, decode }: SeenOptions,
): Recipe {
  const part = crop === "box" ? facts?.box : undefined;
  const isCut = part !== undefined || (banner !== undefined && banner > 0);
  return {
    kind: "file",
    path: under(root, path),
    // Boxes are measured on pictures as they are stored, and so are published results.
    exif: isPublished ? "ignore" : exif,
    maxPixels,
    // Boxes and banners are measured in pixels of the whole picture.
    ...(decode === "reduced" && !isCut && { decode }),
    ...(banner !== undefined && banner > 0 && { banner }),
    ...(part && { part }),
  };
}

/** @throws FGKD_INVALID_OPTION where pictures are to be cut to boxes, and none has any */
export function requireBoxes({ candidates, root }: FolderLayout, { crop }: Pick<FolderOptions, "crop">): void {
  if (crop !== "box" || candidates.some(({ facts }) => facts?.box)) return;
  throw invalidOption("source folder", "crop", '"whole"', crop, `${root} comes without bounding boxes.`);
}

/** As `Source.overlaps`. */
export function overlapsOf({ published, merged = [] }: FolderLayout): Pick<Source, "overlaps"> {
  const overlaps = [published, ...merged].flatMap((set) => set?.overlap ?? []);
  return overlaps.length > 0 ? { overlaps } : {};
}

/** As `Source.about`. */
export function factsOf(
  root: string,
  candidates: Readonly<Record<Split, readonly Candidate[]>>,
): NonNullable<Source["about"]> {
  return (split, index): ImageFacts => {
    const found = candidates[split][index];
    if (!found) return {};
    const { path, facts, set } = found;
    return { path: join(root, path), ...facts, ...(set !== undefined && { set }) };
  };
}

/**
 * That of folders of classes is the folder's. Elsewhere classes are not in the paths, and what is seen of a picture depends
 * on lists: both count too.
 */
export function setFingerprint(
  fingerprint: string,
  { classes, published, merged }: FolderLayout,
  candidates: readonly Candidate[],
  options: SeenOptions,
): string {
  if (!published && !merged)
    return options.decode === "exact" ? fingerprint : digest(`${fingerprint}\n${options.decode}`);
  const hash = createHash("sha256").update(`${fingerprint}\n${JSON.stringify(classes)}`);
  for (const candidate of candidates) {
    const { path: _, maxPixels: __, ...seen } = recipeOf(candidate, "", options) as Extract<Recipe, { kind: "file" }>;
    hash.update(`\n${JSON.stringify([candidate.className, seen])}`);
  }
  return hash.digest("hex").slice(0, 32);
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
