/** A small drawing surface: polygons with exact-area antialiasing, lit and textured. The same bytes on every machine. */
import { createPixels, type Pixels } from "../../transforms/pixels/pixels.js";
import type { Noise } from "./noise.js";

/** In fractions of the picture's side, from the top left corner. */
export type Point = readonly [x: number, y: number];

/** Red, green, blue in `[0, 1]`. */
export type Colour = readonly [number, number, number];

/** How a shape is coloured. */
export interface Paint {
  readonly colour: Colour;
  /** 0 to 1. Default 1. */
  readonly opacity?: number;
  /** Brightness by place: positive is brighter towards the light. Default none. */
  readonly shade?: { readonly centre: Point; readonly radius: number; readonly light: Point };
  /** Mottling. Default none. */
  readonly texture?: { readonly amount: number; readonly noise: Noise };
}

/** How much of each pixel of a rectangle a shape covers. */
export interface Mask {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly cover: Float32Array;
}

/** A square canvas of `size` pixels. */
export class Canvas {
  private readonly colours: Float32Array;

  constructor(readonly size: number) {
    this.colours = new Float32Array(size * size * 3);
  }

  /** Sets every pixel from its centre's place; `paint` writes three numbers into `into`, from `at` on. */
  flood(paint: (x: number, y: number, into: Float32Array, at: number) => void): void {
    for (let y = 0, at = 0; y < this.size; y++) {
      for (let x = 0; x < this.size; x++, at += 3)
        paint((x + 0.5) / this.size, (y + 0.5) / this.size, this.colours, at);
    }
  }

  /** A disc out of focus: full in the middle, fading towards `radius`. */
  glow([x, y]: Point, radius: number, colour: Colour, opacity: number): void {
    const { size } = this;
    const last = (at: number) => clamp(Math.ceil((at + radius) * size), size);
    for (let row = clamp(Math.floor((y - radius) * size), size); row < last(y); row++) {
      for (let column = clamp(Math.floor((x - radius) * size), size); column < last(x); column++) {
        const square = ((column + 0.5) / size - x) ** 2 + ((row + 0.5) / size - y) ** 2;
        if (square >= radius ** 2) continue;
        const alpha = opacity * Math.min(1, (1 - Math.sqrt(square) / radius) / 0.3);
        this.blend((row * size + column) * 3, colour, 1, alpha);
      }
    }
  }

  /** The part of each pixel inside of a closed polygon, by signed areas along its edges. */
  mask(path: readonly Point[]): Mask {
    const { size } = this;
    const points = path.map(([x, y]): Point => [x * size, y * size]);
    const left = clamp(Math.floor(Math.min(...points.map(([x]) => x))), size);
    const top = clamp(Math.floor(Math.min(...points.map(([, y]) => y))), size);
    const width = clamp(Math.ceil(Math.max(...points.map(([x]) => x))), size) - left;
    const height = clamp(Math.ceil(Math.max(...points.map(([, y]) => y))), size) - top;
    const areas = new Float32Array((width + 2) * height);
    let [fromX, fromY] = points.at(-1) ?? [0, 0];
    for (const [x, y] of points) {
      addEdge(areas, width, height, fromX - left, fromY - top, x - left, y - top);
      [fromX, fromY] = [x, y];
    }
    const cover = new Float32Array(width * height);
    for (let y = 0; y < height; y++) {
      for (let x = 0, sum = 0; x < width; x++) {
        sum += areas[y * (width + 2) + x] as number;
        cover[y * width + x] = Math.min(1, Math.abs(sum));
      }
    }
    return { left, top, width, height, cover };
  }

  /** Draws what a mask covers, within another mask if given. */
  fill(mask: Mask, paint: Paint, within?: Mask): void {
    const { left, top, width, height, cover } = mask;
    const { colour, opacity = 1, shade, texture } = paint;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        let alpha = (cover[y * width + x] as number) * opacity;
        if (alpha > 0 && within) alpha *= coverAt(within, left + x, top + y);
        if (alpha <= 0) continue;
        const u = (left + x + 0.5) / this.size;
        const v = (top + y + 0.5) / this.size;
        let light = 1;
        if (shade) {
          const { centre, radius, light: towards } = shade;
          light += ((u - centre[0]) * towards[0] + (v - centre[1]) * towards[1]) / radius;
        }
        if (texture) light += texture.amount * (texture.noise(u, v) - 0.5);
        this.blend(((top + y) * this.size + left + x) * 3, colour, light, alpha);
      }
    }
  }

  /** `mask` and `fill` in one. */
  draw(path: readonly Point[], paint: Paint, within?: Mask): void {
    this.fill(this.mask(path), paint, within);
  }

  /** Eight-bit pixels; `finish` is applied to every value with its position in `[height, width, 3]`. */
  pixels(finish: (value: number, index: number) => number): Pixels {
    const result = createPixels(this.size, this.size);
    for (let i = 0; i < this.colours.length; i++) {
      result.data[i] = Math.max(0, Math.min(255, 255 * finish(this.colours[i] as number, i) + 0.5));
    }
    return result;
  }

  private blend(at: number, [red, green, blue]: Colour, light: number, alpha: number): void {
    const { colours } = this;
    colours[at] = (colours[at] as number) + alpha * (red * light - (colours[at] as number));
    colours[at + 1] = (colours[at + 1] as number) + alpha * (green * light - (colours[at + 1] as number));
    colours[at + 2] = (colours[at + 2] as number) + alpha * (blue * light - (colours[at + 2] as number));
  }
}

function clamp(value: number, size: number): number {
  return Math.max(0, Math.min(size, value));
}

function coverAt({ left, top, width, height, cover }: Mask, x: number, y: number): number {
  const column = x - left;
  const row = y - top;
  return column >= 0 && column < width && row >= 0 && row < height ? (cover[row * width + column] as number) : 0;
}

/** Adds an edge's part of every row: how much area begins right of it in its own pixels, and one full row after. */
function addEdge(
  areas: Float32Array,
  width: number,
  height: number,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
): void {
  if (y0 === y1) return;
  const direction = y0 < y1 ? 1 : -1;
  const [topX, topY, bottomX, bottomY] = y0 < y1 ? [x0, y0, x1, y1] : [x1, y1, x0, y0];
  const slope = (bottomX - topX) / (bottomY - topY);
  const last = Math.min(height, Math.ceil(bottomY));
  for (let row = Math.max(0, Math.floor(topY)); row < last; row++) {
    const from = Math.max(topY, row);
    const to = Math.min(bottomY, row + 1);
    if (to <= from) continue;
    const a = clamp(topX + slope * (from - topY), width);
    const b = clamp(topX + slope * (to - topY), width);
    addSpan(areas, row * (width + 2), direction * (to - from), Math.min(a, b), Math.max(a, b));
  }
}

/** One row's share: an edge of signed height `rise` between the columns `from` and `to`. */
function addSpan(areas: Float32Array, row: number, rise: number, from: number, to: number): void {
  const first = Math.floor(from);
  if (to - first <= 1) {
    const right = (from + to) / 2 - first;
    areas[row + first] = (areas[row + first] as number) + rise * (1 - right);
    areas[row + first + 1] = (areas[row + first + 1] as number) + rise * right;
    return;
  }
  // The covered area grows as the integral of the edge; its second differences go into the cells.
  const density = rise / (to - from);
  let before = 0;
  let share = 0;
  for (let column = first; column <= Math.ceil(to); column++) {
    const reach = Math.min(Math.max(column + 1 - from, 0), to - from);
    // Area right of the edge within this cell and those before it.
    const past = Math.max(column + 1 - to, 0);
    const area = (density * reach * reach) / 2 + rise * past;
    const cell = area - before;
    areas[row + column] = (areas[row + column] as number) + cell - share;
    share = cell;
    before = area;
  }
}
