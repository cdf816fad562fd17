/**
 * Sliding windows of an image batch, transposed: one row per filter tap and channel, one column per output position.
 *
 * At stride s the padded image is split in s · s phases (every s-th row and column). Within a phase each tap is a mere
 * shift, so a row of windows is a contiguous run of the transposed phase, to be moved by a block copy. Where maps are
 * small, runs are short; there the images of the batch are interleaved pixel by pixel, so that a run spans all of them.
 */
import type * as tf from "@tensorflow/tfjs";
import { allWords, copyRuns, type WasmBackend, withScratch } from "./heap.js";
import { transposeMatrix } from "./heap-matrices.js";

/** Maps narrower than this are interleaved. */
const narrowMap = 48;

/** One phase of the padded image, stored `[channel, outer, height, width, interleaved]`. */
interface Phase {
  readonly row: number;
  readonly column: number;
  readonly height: number;
  readonly width: number;
  /** Pixels from one channel to the next. */
  readonly stride: number;
  /** First float within the memory of all phases. */
  readonly offset: number;
}

export interface WindowPlan {
  readonly info: tf.backend_util.Conv2DInfo;
  /** How many images are interleaved: 1 or the batch. */
  readonly interleaved: number;
  /** How many groups of interleaved images there are. */
  readonly outer: number;
  /** Output rows, counted over the groups. */
  readonly rows: number;
  /** Output positions in such a row. */
  readonly rowLength: number;
  readonly phases: readonly Phase[];
  /** Memory for all phases. */
  readonly phaseFloats: number;
}

export function planWindows(info: tf.backend_util.Conv2DInfo): WindowPlan {
  const interleaved = info.outWidth < narrowMap ? info.batchSize : 1;
  const outer = info.batchSize / interleaved;
  const phases: Phase[] = [];
  let offset = 0;
  for (let row = 0; row < Math.min(info.strideHeight, info.filterHeight); row++) {
    for (let column = 0; column < Math.min(info.strideWidth, info.filterWidth); column++) {
      const height = info.outHeight + Math.ceil((info.filterHeight - row) / info.strideHeight) - 1;
      const width = info.outWidth + Math.ceil((info.filterWidth - column) / info.strideWidth) - 1;
      const pixels = outer * height * width * interleaved;
      // An odd number of cache lines from channel to channel, lest all channels of a pixel compete for one cache set.
      const stride = Math.ceil((pixels - 16) / 32) * 32 + 16;
      phases.push({ row, column, height, width, stride, offset });
      offset += stride * info.inChannels;
    }
  }
  const rows = outer * info.outHeight;
  return { info, interleaved, outer, rows, rowLength: info.outWidth * interleaved, phases, phaseFloats: offset };
}

/** Fills the memory of all phases, at address `target`, from the images at address `x`. */
export function preparePhases(backend: WasmBackend, plan: WindowPlan, x: number, target: number): void {
  const { inChannels } = plan.info;
  for (const phase of plan.phases) {
    withScratch(backend, phase.stride * inChannels, (pixels) => {
      copyPhasePixels(backend, plan, phase, x, pixels);
      const matrix = { address: pixels, rows: phase.stride, columns: inChannels };
      transposeMatrix(backend, matrix, target + phase.offset * 4);
    });
  }
}

/** Copies a phase's pixels, with zeros for the padding, to `[outer, height, width, interleaved, channel]`. */
function copyPhasePixels(backend: WasmBackend, plan: WindowPlan, phase: Phase, x: number, target: number): void {
  const { info, interleaved, outer } = plan;
  const { inHeight, inWidth, inChannels, strideHeight, strideWidth, padInfo } = info;
  const heap = allWords(backend);
  heap.fill(0, target / 4, target / 4 + phase.stride * inChannels);
  const firstColumn = phase.column - padInfo.left;
  // The phase's columns that lie inside the image.
  const begin = Math.max(0, Math.ceil(-firstColumn / strideWidth));
  const end = Math.min(phase.width, Math.ceil((inWidth - firstColumn) / strideWidth));
  for (let group = 0; group < outer; group++) {
    for (let row = 0; row < phase.height; row++) {
      const y = row * strideHeight + phase.row - padInfo.top;
      if (y < 0 || y >= inHeight) continue;
      for (let image = 0; image < interleaved; image++) {
        const sourceRow = ((group * interleaved + image) * inHeight + y) * inWidth;
        const from = x / 4 + (sourceRow + firstColumn + begin * strideWidth) * inChannels;
        const targetRow = (group * phase.height + row) * phase.width;
        const to = target / 4 + ((targetRow + begin) * interleaved + image) * inChannels;
        copyRuns(heap, from, strideWidth * inChannels, to, interleaved * inChannels, inChannels, end - begin);
      }
    }
  }
}

/** Brings `dy`, `[batch, height, width, channel]`, into the order of the windows' positions. */
export function reorderPixels(backend: WasmBackend, plan: WindowPlan, dy: number, target: number): void {
  const { info, interleaved, outer } = plan;
  const { outChannels } = info;
  const heap = allWords(backend);
  const positions = info.outHeight * info.outWidth;
  for (let group = 0; group < outer; group++) {
    for (let image = 0; image < interleaved; image++) {
      const from = dy / 4 + (group * interleaved + image) * positions * outChannels;
      const to = target / 4 + (group * positions * interleaved + image) * outChannels;
      copyRuns(heap, from, outChannels, to, interleaved * outChannels, outChannels, positions);
    }
  }
}

/** Fills `windows`, `[tap · channel, position]`, for `count` output rows from `firstRow` on. */
export function gatherWindows(
  backend: WasmBackend,
  plan: WindowPlan,
  phases: number,
  windows: number,
  firstRow: number,
  count: number,
): void {
  const { info, interleaved, rowLength } = plan;
  const heap = allWords(backend);
  const starts = new Int32Array(count);
  let write = windows / 4;
  for (let tapRow = 0; tapRow < info.filterHeight; tapRow++) {
    for (let tapColumn = 0; tapColumn < info.filterWidth; tapColumn++) {
      const phase = phaseOf(plan, tapRow % info.strideHeight, tapColumn % info.strideWidth);
      const down = Math.floor(tapRow / info.strideHeight);
      const right = Math.floor(tapColumn / info.strideWidth);
      for (let row = 0; row < count; row++) {
        const group = Math.floor((firstRow + row) / info.outHeight);
        const y = ((firstRow + row) % info.outHeight) + down;
        starts[row] = ((group * phase.height + y) * phase.width + right) * interleaved;
      }
      for (let channel = 0; channel < info.inChannels; channel++) {
        const read = phases / 4 + phase.offset + channel * phase.stride;
        for (let row = 0; row < count; row++, write += rowLength) {
          const from = read + (starts[row] as number);
          heap.copyWithin(write, from, from + rowLength);
        }
      }
    }
  }
}

function phaseOf(plan: WindowPlan, row: number, column: number): Phase {
  const columns = Math.min(plan.info.strideWidth, plan.info.filterWidth);
  return plan.phases[row * columns + column] as Phase;
}
