/** Resized images in memory, so that a small data set is decoded once and not once an epoch. */
import type { Pixels } from "../../transforms/pixels/pixels.js";

/** Images by the settings that shaped them and by sample. */
export interface PixelCache {
  /** False when the bound is reached: nothing more is worth keeping. */
  readonly hasRoom: boolean;
  get(shape: string, sample: string): Pixels | undefined;
  /** Keeps the image if there is room. */
  put(shape: string, sample: string, pixels: Pixels): void;
  clear(): void;
}

/**
 * A cache of at most `limit` bytes. What is in stays in: walks over a data set are cyclic, so dropping the oldest would
 * drop what is needed next. Only images of another shape make room.
 */
export function createPixelCache(limit: number): PixelCache {
  const shapes = new Map<string, Map<string, Pixels>>();
  let used = 0;
  let current = "";
  const evictOthers = () => {
    for (const [shape, images] of shapes) {
      if (shape === current) continue;
      for (const { data } of images.values()) used -= data.byteLength;
      shapes.delete(shape);
    }
  };
  return {
    get hasRoom() {
      return used < limit || shapes.size > 1;
    },
    get: (shape, sample) => {
      current = shape;
      return shapes.get(shape)?.get(sample);
    },
    put: (shape, sample, { width, height, data }) => {
      const images = shapes.get(shape) ?? new Map<string, Pixels>();
      if (images.has(sample)) return;
      if (used + data.byteLength > limit) evictOthers();
      if (used + data.byteLength > limit) return;
      used += data.byteLength;
      shapes.set(shape, images.set(sample, { width, height, data }));
    },
    clear: () => {
      shapes.clear();
      used = 0;
    },
  };
}
