/** Of the picture that a file of weights was made for, what can be had of a stage's images; and words for the rest. */
import type { FileInput } from "./description.js";
import type { Role } from "./model.js";

/** How a stage makes its images in tests. */
export interface StageImages {
  readonly resize: number;
  readonly fit: "shorter" | "warp";
  readonly crop: number;
  readonly transforms?: { readonly test?: unknown };
}

/**
 * The side of the central square of the stage's images that shows what the weights were made for.
 *
 * @returns `undefined` where that is all of them, where the file does not say, and where they do not show it
 */
export function cropFor({ cropFraction, cropMode = "center", size }: FileInput, home: StageImages): number | undefined {
  if (cropFraction === undefined || !isLike(cropMode, home)) return undefined;
  const wanted = Math.round(cropFraction * home.resize);
  return wanted < home.crop && wanted >= (size ?? 1) ? wanted : undefined;
}

/** A line where the stage's images show another part of the picture than the weights were made for, or otherwise. */
export function cropWarnings(role: Role, weights: string, file: FileInput, home: StageImages): readonly string[] {
  const { cropFraction = 1, cropMode = "center", size } = file;
  if (file.cropFraction === undefined && file.cropMode === undefined) return [];
  const shown = (cropFor(file, home) ?? home.crop) / home.resize;
  if (isLike(cropMode, home) && Math.abs(shown - cropFraction) <= 0.5 / home.resize) return [];
  const resize = size
    ? `input.resize ${Math.floor(size / cropFraction)}, input.crop ${size}`
    : "input.resize, input.crop";
  const how = {
    center: `the middle ${cropFraction} of pictures; ${resize} would show that`,
    squash: `pictures squashed to squares, of which it sees ${cropFraction}; input.fit warp, ${resize} would show that`,
    border: `whole pictures with a border, of which it sees ${cropFraction}; input.transforms.test: resize with fit longer, center-crop with fill mean would show that`,
  };
  const others =
    home.transforms?.test == null ? `${Number(shown.toFixed(3))} (fit ${home.fit})` : "what its transforms make";
  return [`${role}: ${weights} was made for ${how[cropMode]}. The stage's images show ${others}.`];
}

function isLike(mode: NonNullable<FileInput["cropMode"]>, { fit, transforms }: StageImages): boolean {
  return transforms?.test == null && fit === { center: "shorter", squash: "warp", border: "" }[mode];
}
