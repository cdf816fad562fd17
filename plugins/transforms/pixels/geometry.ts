/** Where an image ends up on its way to the network: sizes and offsets, as torchvision computes them. */

/** Sizes in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Which side is given its length. */
export type Fit = "shorter" | "longer" | "warp";

/**
 * The size before cropping. `shorter`: the shorter side becomes `resize`, the other `int(resize · long / short)`, cut
 * off as torchvision does; `longer`: the longer side does, the other is rounded, as timm does; `warp`: both sides become
 * `resize`.
 */
export function resizedSize({ width, height }: Size, resize: number, fit: Fit): Size {
  if (fit === "warp") return { width: resize, height: resize };
  if (fit === "longer") {
    const ratio = Math.max(width, height) / resize;
    return { width: Math.max(1, roundHalfEven(width / ratio)), height: Math.max(1, roundHalfEven(height / ratio)) };
  }
  // At least 1 for absurdly long strips.
  const other = Math.max(resize, Math.trunc((resize * Math.max(width, height)) / Math.min(width, height)));
  return width <= height ? { width: resize, height: other } : { width: other, height: resize };
}

/** What a picture becomes when it is resized: along rows first, then along columns; the larger of both results counts. */
export function resizedPixels(from: Size, resize: number, fit: Fit): Size & { readonly pixels: number } {
  const { width, height } = resizedSize(from, resize, fit);
  return { width, height, pixels: width * Math.max(height, from.height) };
}

/** The first pixel of the central `crop` of `length`; halves are rounded to the even number, as Python does. */
export function centreOffset(length: number, crop: number): number {
  return roundHalfEven((length - crop) / 2);
}

/** Halves become the even number, as in Python. */
export function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  return value - below === 0.5 ? below + (below % 2) : Math.round(value);
}

/**
 * The first pixel of a random `crop` of `length` padded by `pad` on both sides; negative inside the padding.
 *
 * @param draw uniform in `[0, 1)`
 */
export function randomOffset(length: number, crop: number, pad: number, draw: number): number {
  return Math.floor(draw * (length + 2 * pad - crop + 1)) - pad;
}
