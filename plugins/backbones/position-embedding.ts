/** Position embeddings of a vision transformer, brought to the grid of another size of image. */
import type { NamedArray, WeightsAdapter } from "../../core/index.js";
import { resizeMatrix } from "../../core/ops/index.js";

/**
 * - `bicubic`: half-pixel centres, a = −0.75, taps outside stand for the border, no antialiasing: DeiT's own script;
 * - `antialiased`: a = −0.5, taps outside are left out and the others weigh more: timm.
 */
type Resampling = "bicubic" | "antialiased";

/**
 * What a transformer knows of files with another grid: `pos_embed`, `[1, prefix + side², channels]`. The embeddings of the
 * prefix stay as they are.
 *
 * @param prefix tokens before the patches
 */
export function resampledPositions(prefix: number, resampling: Resampling): NonNullable<WeightsAdapter["reshape"]> {
  return (name, shape, wanted) => {
    const [from, to] = [gridOf(shape, prefix), gridOf(wanted, prefix)];
    if (name !== "pos_embed" || !from || !to || shape[2] !== wanted[2]) return undefined;
    const matrix = resampling === "bicubic" ? bicubicMatrix(from, to) : resizeMatrix(from, to, "bicubic");
    return ({ data }) => ({ shape: wanted, data: resample(data, prefix * (shape[2] as number), from, to, matrix) });
  };
}

/** The side of the square grid; `undefined` where the tokens are not one. */
function gridOf(shape: readonly number[], prefix: number): number | undefined {
  const [one, tokens = 0] = shape;
  const side = Math.sqrt(tokens - prefix);
  return shape.length === 3 && one === 1 && Number.isInteger(side) && side > 0 ? side : undefined;
}

/**
 * @param kept values before the grid's
 * @param matrix `[to, from]`, row by row
 */
function resample(
  data: NamedArray["data"],
  kept: number,
  from: number,
  to: number,
  matrix: Float32Array,
): Float32Array {
  const channels = (data.length - kept) / from ** 2;
  const grid = Float64Array.from(data.subarray(kept) as Float32Array);
  const rows = product(matrix, grid, to, from, from * channels);
  const result = new Float32Array(kept + to ** 2 * channels);
  result.set((data as Float32Array).subarray(0, kept));
  for (let row = 0; row < to; row++) {
    const columns = rows.subarray(row * from * channels, (row + 1) * from * channels);
    result.set(product(matrix, columns, to, from, channels), kept + row * to * channels);
  }
  return result;
}

/** `[to, from]` times `[from, width]` */
function product(matrix: Float32Array, values: Float64Array, to: number, from: number, width: number): Float64Array {
  const result = new Float64Array(to * width);
  for (let row = 0; row < to; row++)
    for (let tap = 0; tap < from; tap++) {
      const weight = matrix[row * from + tap] as number;
      if (weight === 0) continue;
      for (let at = 0; at < width; at++)
        result[row * width + at] = (result[row * width + at] as number) + weight * (values[tap * width + at] as number);
    }
  return result;
}

/** Row-major `[to, from]`: PyTorch's `interpolate(mode="bicubic", align_corners=False)`, by Keys' cubic with a = −0.75. */
function bicubicMatrix(from: number, to: number): Float32Array {
  const matrix = new Float32Array(to * from);
  for (let row = 0; row < to; row++) {
    const position = ((row + 0.5) * from) / to - 0.5;
    const first = Math.floor(position);
    for (let tap = first - 1; tap <= first + 2; tap++) {
      const at = row * from + Math.min(Math.max(tap, 0), from - 1);
      matrix[at] = (matrix[at] as number) + cubic(Math.abs(position - tap));
    }
  }
  return matrix;
}

const sharpness = -0.75;

/** Keys' cubic at a distance of 0 to 2. */
function cubic(distance: number): number {
  if (distance <= 1) return ((sharpness + 2) * distance - (sharpness + 3)) * distance ** 2 + 1;
  return sharpness * (((distance - 5) * distance + 8) * distance - 4);
}
