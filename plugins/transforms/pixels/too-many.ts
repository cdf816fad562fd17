/** A picture that would become too large: no fault of the transform's. */
import type { Size } from "./geometry.js";

export class TooManyPixels extends Error {
  /** @param by which settings make it so large, in words, where they are known */
  constructor(from: Size, to: Size, maxPixels: number, by = "") {
    const sizes = `is ${from.width} × ${from.height}, and ${to.width} × ${to.height} when it is resized${by}`;
    super(`${sizes}: more than ${maxPixels} pixels on the way (data.maxPixels)`);
  }
}
