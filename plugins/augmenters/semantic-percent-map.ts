/** Class activation maps, and which share of an image's meaning lies in a box. */
import * as tf from "@tensorflow/tfjs";
import { channelSum } from "../../core/ops/index.js";
import { type Box, boxArea } from "./mixing-box.js";

/**
 * Where an image shows evidence of its class: `E = Σ_c weight_c · relu(F_c)`.
 *
 * The classifier's bias is left out: it cancels when the map's minimum is subtracted.
 *
 * @param features `[batch, rows, columns, channels]`, the last map of the trunk
 * @param weights `[batch, channels]`, as `channelWeights` gives them
 * @returns `[batch, rows, columns]`
 * @see "Learning Deep Features for Discriminative Localization", 2016, equation 2
 */
export function evidenceMap(features: tf.Tensor4D, weights: tf.Tensor2D): tf.Tensor3D {
  return tf.tidy(() => channelSum(features.relu(), weights));
}

/**
 * The evidence map at the size of the image, as shares that sum to 1: `(E − min E) / Σ (E − min E)`.
 *
 * Upsampled bilinearly with half-pixel centres; the minimum is taken after that. A constant map gives NaN. To look at;
 * {@link semanticShares} finds the sums in boxes without making it.
 *
 * @param evidence `[batch, rows, columns]`
 * @param size height and width of the image, in pixels
 * @returns `[batch, height, width]`
 * @see "SnapMix: Semantically Proportional Mixing for Augmenting Fine-grained Data", 2021, equation 2
 */
export function semanticPercentMap(evidence: tf.Tensor3D, [height, width]: readonly [number, number]): tf.Tensor3D {
  return tf.tidy(() => {
    const upsampled = tf.image.resizeBilinear(evidence.expandDims<tf.Tensor4D>(3), [height, width], false, true);
    const positive = upsampled.sub(upsampled.min([1, 2], true));
    return positive.div(positive.sum([1, 2], true)).squeeze<tf.Tensor3D>([3]);
  });
}

/** The share of its meaning that each image has in each box. */
export interface SemanticShares {
  /** One `[batch]` per box, in `[0, 1]`; 0 where the map is constant. */
  readonly shares: readonly tf.Tensor1D[];
  /** `[batch]`, 1 where the map is constant, so that it says nothing. */
  readonly constant: tf.Tensor1D;
}

/**
 * Sums of {@link semanticPercentMap} in boxes, without making the map.
 *
 * Upsampling is linear in the evidence and separable, so the sum in a box is `rᵀ·E·c`, where `r` and `c` sum the
 * interpolation weights of the box's rows and columns. The minimum is exact too: between two rows and two columns of
 * the evidence the upsampled map is bilinear, so it is smallest at the first or last pixel between them.
 *
 * @param evidence `[batch, rows, columns]`
 * @param size height and width of the image, in pixels
 * @param boxes within the image
 */
export function semanticShares(
  evidence: tf.Tensor3D,
  [height, width]: readonly [number, number],
  boxes: readonly Box[],
): SemanticShares {
  const [batch, rows, columns] = evidence.shape;
  return tf.tidy(() => {
    // A constant does not change the shares; without it the sums below keep more digits.
    const above = evidence.sub(evidence.min([1, 2], true));
    const down = axisMatrix(rows, height, [[0, height], ...boxes.map(({ top, bottom }) => [top, bottom] as const)]);
    const across = axisMatrix(columns, width, [[0, width], ...boxes.map(({ left, right }) => [left, right] as const)]);
    const byColumn = above.reshape<tf.Tensor2D>([batch * rows, columns]).matMul(across.matrix);
    const table = byColumn
      .reshape<tf.Tensor3D>([batch, rows, across.size])
      .transpose<tf.Tensor3D>([0, 2, 1])
      .reshape<tf.Tensor2D>([batch * across.size, rows])
      .matMul(down.matrix)
      .reshape<tf.Tensor3D>([batch, across.size, down.size]);
    const smallest = table.slice([0, 0, 0], [-1, across.edges, down.edges]).min<tf.Tensor1D>([1, 2]);
    const sumAbove = (index: number, area: number) =>
      table
        .slice([0, across.edges + index, down.edges + index], [-1, 1, 1])
        .reshape<tf.Tensor1D>([batch])
        .sub<tf.Tensor1D>(smallest.mul(area));
    const total = sumAbove(0, height * width);
    const varies = total.greater(0);
    const divisor = tf.where(varies, total, 1);
    const kept = varies.toFloat();
    return {
      shares: boxes.map((box, index) =>
        sumAbove(index + 1, boxArea(box))
          .div(divisor)
          .mul<tf.Tensor1D>(kept),
      ),
      constant: tf.sub<tf.Tensor1D>(1, kept),
    };
  });
}

interface AxisMatrix {
  /** `[from, edges + ranges]`: a column per edge pixel, then one per range, summed. */
  readonly matrix: tf.Tensor2D;
  readonly edges: number;
  readonly size: number;
}

/** Bilinear interpolation along one axis (half-pixel centres), at the edge pixels of each cell and summed in ranges. */
function axisMatrix(from: number, to: number, ranges: readonly (readonly [number, number])[]): AxisMatrix {
  const pixels = Array.from({ length: to }, (_, pixel) => {
    const position = Math.min(Math.max(((pixel + 0.5) * from) / to - 0.5, 0), from - 1);
    const cell = Math.floor(position);
    return { cell, next: Math.min(cell + 1, from - 1), fraction: position - cell };
  });
  const edges = pixels.filter(({ cell }, i) => cell !== pixels[i - 1]?.cell || cell !== pixels[i + 1]?.cell);
  const columns = [...edges.map((edge) => [edge]), ...ranges.map(([first, end]) => pixels.slice(first, end))];
  const matrix = new Float32Array(from * columns.length);
  columns.forEach((members, column) => {
    const sums = new Float64Array(from);
    for (const { cell, next, fraction } of members) {
      sums[cell] = (sums[cell] as number) + 1 - fraction;
      sums[next] = (sums[next] as number) + fraction;
    }
    sums.forEach((sum, index) => {
      matrix[index * columns.length + column] = sum;
    });
  });
  return { matrix: tf.tensor2d(matrix, [from, columns.length]), edges: edges.length, size: columns.length };
}
