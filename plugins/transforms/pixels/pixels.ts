/** Pictures as the threads pass them on: eight-bit RGB, rows from the top. Threads import this; it imports nothing. */

interface Sides {
  readonly width: number;
  readonly height: number;
}

/** `data` holds `height × width × 3` bytes. Others may hold the same picture: whoever changes it makes a new one. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
  /**
   * Set where it was decoded smaller than it is: its whole size, and that of the whole at this scale, which may be a part of a pixel
   * more than is here. What resizes it reckons with both.
   */
  readonly reduced?: { readonly from: Sides; readonly extent: Sides };
  /** Set by the last transform: what a part is once pixels are normalised, where bytes could only come near. */
  readonly normalised?: NormalisedPart;
}

/** `values` holds `height × width × 3` numbers, rows from the top. */
export interface NormalisedPart extends Sides {
  readonly left: number;
  readonly top: number;
  readonly values: Float32Array;
}

/** A black picture. */
export function createPixels(width: number, height: number): Pixels {
  return { width, height, data: new Uint8Array(width * height * 3) };
}

/** The picture in memory that every thread can read without copying. */
export function shared(picture: Pixels): Pixels {
  const { width, height, data } = picture;
  if (data.buffer instanceof SharedArrayBuffer) return picture;
  const copy = new Uint8Array(new SharedArrayBuffer(data.length));
  copy.set(data);
  return { width, height, data: copy };
}
