/** Pictures as files, and the library that makes them so. */

/** Eight-bit RGB, row by row: `height × width × 3` bytes. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Only when a picture is wanted: the library takes a moment to load. */
export async function opened({ width, height, data }: Picture) {
  const { default: sharp } = await import("sharp");
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** The bytes of a PNG file. */
export async function encodePng(picture: Picture): Promise<Uint8Array> {
  return (await opened(picture)).png().toBuffer();
}

/** Another size, smoothly. */
export async function resized(picture: Picture, width: number, height: number): Promise<Picture> {
  if (picture.width === width && picture.height === height) return picture;
  const sized = (await opened(picture)).resize(width, height, { fit: "fill", kernel: "cubic" });
  return { width, height, data: await sized.raw().toBuffer() };
}

/** Copies a picture into a larger one. */
export function paste({ width, height, data }: Picture, into: Picture, left: number, top: number): void {
  for (let row = 0; row < height; row++)
    into.data.set(data.subarray(row * width * 3, (row + 1) * width * 3), ((top + row) * into.width + left) * 3);
}
