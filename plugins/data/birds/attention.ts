/** How much of a map lies on which part of a drawn bird. */
import type { Box } from "./paths.js";
import type { PartName } from "./species.js";

/** Where a place of a picture belongs: to the first part whose box holds it; "rest of the bird" is what else the box around all holds. */
export const birdPlaces = ["eye", "beak", "wing", "tail", "rest of the bird", "background"] as const;
export type BirdPlace = (typeof birdPlaces)[number];

/** From 0 to 1; they add up to 1, or are all 0 where there is nothing on the map. */
export type BirdShares = Readonly<Record<BirdPlace, number>>;

type Parts = Readonly<Record<PartName, Box>>;

/** @param x and `y` in fractions of the picture's side, as the boxes are */
export function birdPlaceAt(parts: Parts, x: number, y: number): BirdPlace {
  const boxes = Object.values(parts);
  const around: Box = {
    left: Math.min(...boxes.map(({ left }) => left)),
    top: Math.min(...boxes.map(({ top }) => top)),
    right: Math.max(...boxes.map(({ right }) => right)),
    bottom: Math.max(...boxes.map(({ bottom }) => bottom)),
  };
  const inside = ({ left, top, right, bottom }: Box) => x >= left && x < right && y >= top && y < bottom;
  const part = (["eye", "beak", "wing", "tail"] as const).find((name) => inside(parts[name]));
  return part ?? (inside(around) ? "rest of the bird" : "background");
}

/**
 * The share of a map's sum that lies on each part. Of a map that is the same everywhere, these are shares of the area.
 *
 * @param map `[side, side]`, from 0, of the central square of the picture
 * @param parts as `birdParts` gives them, of the whole picture
 * @param square the side of that square, in fractions of the picture's. Default 1: all of it
 */
export function attentionOnBird(map: ArrayLike<number>, parts: Parts, square = 1): BirdShares {
  const side = Math.sqrt(map.length);
  const sums = Object.fromEntries(birdPlaces.map((place) => [place, 0])) as Record<BirdPlace, number>;
  const at = (pixel: number) => (1 - square) / 2 + ((pixel + 0.5) / side) * square;
  for (let pixel = 0; pixel < map.length; pixel++)
    sums[birdPlaceAt(parts, at(pixel % side), at(Math.floor(pixel / side)))] += map[pixel] as number;
  const total = Object.values(sums).reduce((sum, value) => sum + value, 0);
  for (const place of birdPlaces) sums[place] = total > 0 ? sums[place] / total : 0;
  return sums;
}
