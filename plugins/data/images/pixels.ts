/** Pictures as the workers pass them on: eight-bit RGB, rows from the top. Workers import this; it imports nothing. */

/** `data` holds `height × width × 3` bytes; it lies in shared memory when the picture is meant to be cached. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A black picture. `shared` puts it where every thread can read it without copying. */
export function createPixels(width: number, height: number, shared = false): Pixels {
  const bytes = width * height * 3;
  return { width, height, data: shared ? new Uint8Array(new SharedArrayBuffer(bytes)) : new Uint8Array(bytes) };
}
