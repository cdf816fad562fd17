/** A picture that would become too large: no fault of the transform's. */
import type { Size } from "./geometry.js";

export class TooManyPixels extends Error {
  constructor(from: Size, to: Size, maxPixels: number) {
    const sizes = `is ${from.width} × ${from.height}, and ${to.width} × ${to.height} when it is resized`;
    super(`${sizes}: more than ${maxPixels} pixels on the way (data.maxPixels)`);
  }
}
