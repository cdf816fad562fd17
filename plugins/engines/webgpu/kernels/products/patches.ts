/** Sides of products that are convolutions: images seen as matrices of patches, and filters. */
import type { Side } from "./side.js";

/** Images, and where patches of them lie. What is text may be an expression of the shader. */
export interface Patches {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Patches in a column, and in a row, of an image. */
  readonly down: string;
  readonly across: string;
  /** From the corner of a patch to that of the next. */
  readonly strides: readonly [y: number, x: number];
  /** The corner of the first patch; may be outside. An `i32`. */
  readonly origin: readonly [y: string, x: string];
  /** From a patch's row to its next, and from a column to the next; may be negative. */
  readonly steps: readonly [y: number, x: number];
  /** Columns of a patch. */
  readonly taps: string;
}

/** Patches of images, in a matrix of pixels × (rows of the patch, its columns, channels). */
export function patchSide(patches: Patches, depth: "taps" | "pixels"): Side {
  const { height, width, channels } = patches;
  const pixel = (id: string, pixel: string) => atPixel(patches, id, pixel);
  const key = `patches ${depth} ${JSON.stringify(Object.values(patches))}`;
  const inside = (pixel: string, tap: string) =>
    `(u32(y${pixel} + v${tap}) < ${height}u) & (u32(x${pixel} + h${tap}) < ${width}u)`;
  const index = (pixel: string, tap: string) =>
    `b${pixel} + (u32(y${pixel} + v${tap}) * ${width}u + u32(x${pixel} + h${tap})) * ${channels}u + c${tap}`;
  const vector = channels % 4 === 0;
  if (depth === "taps") {
    return {
      key,
      along: "depth",
      vector,
      atOuter: pixel,
      atDepth: (id, base, offset, span) => atTap(patches, id, base, offset, span),
      index,
      inside,
    };
  }
  return {
    key,
    along: "outer",
    vector,
    atOuter: (id, tap) => atTap(patches, id, tap, "0u", 0),
    atDepth: (id, base, offset) => pixel(id, `(${base} + ${offset})`),
    index: (tap, pixel) => index(pixel, tap),
    inside: (tap, pixel) => inside(pixel, tap),
  };
}

function atPixel({ height, width, channels, down, across, strides, origin }: Patches, id: string, pixel: string) {
  return `let p${id} = ${pixel};
let b${id} = p${id} / (${down} * ${across}) * ${height * width * channels}u;
let y${id} = i32(p${id} / ${across} % ${down}) * ${strides[0]} + ${origin[0]};
let x${id} = i32(p${id} % ${across}) * ${strides[1]} + ${origin[1]};`;
}

function atTap({ channels, steps, taps }: Patches, id: string, base: string, offset: string, span: number) {
  return `${splitTap(channels, id, base, offset, span)}
let v${id} = i32(t${id} / ${taps}) * (${steps[0]});
let h${id} = i32(t${id} % ${taps}) * (${steps[1]});`;
}

/** Where all of a tile's depth lies in one tap, the division is of a number that all threads share. */
function splitTap(channels: number, id: string, base: string, offset: string, span: number): string {
  if (span > 0 && channels % span === 0) {
    return `let t${id} = ${base} / ${channels}u;\nlet c${id} = ${base} % ${channels}u + ${offset};`;
  }
  return `let k${id} = ${base} + ${offset};\nlet t${id} = k${id} / ${channels}u;\nlet c${id} = k${id} % ${channels}u;`;
}

/** A filter of which only some taps take part: rows `first[0]`, `first[0] + steps[0]`, …, and likewise columns. */
export interface FilterTaps {
  readonly width: number;
  readonly inside: number;
  readonly outside: number;
  /** A `u32`. */
  readonly first: readonly [y: string, x: string];
  readonly steps: readonly [y: number, x: number];
  /** Columns that take part. */
  readonly taps: string;
}

/** A filter `[height, width, inside, outside]` as a matrix of inside × (rows, columns, outside). */
export function filterSide(filter: FilterTaps): Side {
  const { width, inside, outside, first, steps, taps } = filter;
  return {
    key: `filter ${JSON.stringify(Object.values(filter))}`,
    along: "depth",
    vector: outside % 4 === 0,
    atOuter: (id, outer) => `let o${id} = ${outer} * ${outside}u;`,
    atDepth: (id, base, offset, span) => `${splitTap(outside, id, base, offset, span)}
let d${id} = ((${first[0]} + t${id} / ${taps} * ${steps[0]}u) * ${width}u + ${first[1]} + t${id} % ${taps} * ${steps[1]}u) * ${inside * outside}u + c${id};`,
    index: (outer, depth) => `o${outer} + d${depth}`,
  };
}
