/** The rectangles that mixing augmenters cut out of images. */

/** A rectangle in whole pixels, half open: rows `top … bottom−1`, columns `left … right−1`. */
export interface Box {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

/** A point of the image: row first, then column. */
export type Pixel = readonly [row: number, column: number];

/**
 * The box that covers about `1 − lambda` of the image around a centre, cut off at the border.
 *
 * Along each axis of length `L`: `cut = ⌊L·√(1 − lambda)⌋`, `half = ⌊cut/2⌋`, from `centre − half` to `centre + half`.
 * So an odd `cut` loses one pixel, and a lambda near 1 gives an empty box.
 *
 * @param size height and width of the image, in pixels
 * @param lambda share of the image that stays, in `[0, 1]`
 * @param centre a pixel of the image
 * @see "CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features", 2019, equation 2
 */
export function mixingBox([height, width]: readonly [number, number], lambda: number, [row, column]: Pixel): Box {
  const [top, bottom] = span(height, lambda, row);
  const [left, right] = span(width, lambda, column);
  return { top, left, bottom, right };
}

/** Pixels in the box. */
export function boxArea({ top, left, bottom, right }: Box): number {
  return (bottom - top) * (right - left);
}

function span(length: number, lambda: number, centre: number): readonly [number, number] {
  const half = Math.floor(Math.floor(length * Math.sqrt(1 - lambda)) / 2);
  return [Math.max(0, centre - half), Math.min(length, centre + half)];
}
