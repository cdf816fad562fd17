/** What a mean and a deviation of pixels can be. */

/** Of whole pixels, 0 to 255; other tools state means and deviations in these. */
const largestPixel = 255;

/**
 * Why these cannot be the means, or the deviations, of pixels in [0, 1], in a sentence without its full stop; `undefined`
 * where they can be. Figures of 0 to 255 would turn every image into one colour, and nothing could be learnt from it.
 */
export function notNormalisation(what: "mean" | "deviation", values: readonly number[]): string | undefined {
  const large = values.find((value) => Math.abs(value) > 1);
  if (large !== undefined) {
    const smaller = Number((large / largestPixel).toFixed(4));
    return `A ${what} is that of pixels in [0, 1], at most 1: divide by 255 (${large}/255 = ${smaller})`;
  }
  if (what === "mean" && values.some((value) => value < 0)) return "A mean of pixels in [0, 1] is not below 0";
  if (what === "deviation" && values.some((value) => value <= 0))
    return "Pixels are divided by the deviation: it is greater than 0. For pixels as they are, [1, 1, 1]";
  return undefined;
}
