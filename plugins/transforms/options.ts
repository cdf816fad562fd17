/** What each of fgkd's own transforms can be told. Sizes in pixels; `null` is what the stage's `input` says. */
import type { Interpolation } from "./pixels/resample.js";

export interface ResizeOptions {
  /** Default: `input.resize`. */
  readonly size?: number | null;
  /** `shorter`: the shorter side becomes `size`. `warp`: both sides do. Default: `input.fit`. */
  readonly fit?: "shorter" | "warp" | null;
  /** The filter, antialiased as Pillow does it. Default `bilinear`. */
  readonly interpolation?: Interpolation;
}

export interface RandomCropOptions {
  /** Side of the square. Default: `input.crop`. */
  readonly size?: number | null;
  /** Black pixels around the picture. Default: `input.pad`. */
  readonly pad?: number | null;
}

export interface CenterCropOptions {
  /** Side of the square. Default: `input.crop`. */
  readonly size?: number | null;
}

export interface FlipOptions {
  /** How often left becomes right. Default: `input.flip`. */
  readonly probability?: number | null;
}

export interface RandomResizedCropOptions {
  /** Side of the square that comes out. Default: `input.crop`. */
  readonly size?: number | null;
  /** Share of the picture's area that is cut out: from, to. Default 0.08 to 1. */
  readonly scale?: readonly [number, number];
  /** Width by height of what is cut out: from, to. Default 3/4 to 4/3. */
  readonly ratio?: readonly [number, number];
  /** The filter, antialiased as Pillow does it. Default `bilinear`. */
  readonly interpolation?: Interpolation;
}
