/** The worker thread: whole batches of images, from file or recipe to normalised floats. Imports no tensor library. */
import { transferableSymbol, valueSymbol } from "piscina";
import { renderBird } from "../birds/render.js";
import { forEachAtOnce } from "./at-once.js";
import { createSampleWriter } from "./crop.js";
import { centreOffset, randomOffset, resizedSize } from "./geometry.js";
import { ImageProblem } from "./inspect.js";
import type { Pixels } from "./pixels.js";
import { resample } from "./resample.js";
import type { BatchResult, BatchTask, Recipe, SampleTask } from "./tasks.js";

/** Loaded on first use: drawn images need no decoder, and a decoder that does not load fails a task, not the thread. */
const decoder = () => import("./decode.js");

/** Images decoded at a time: one is read while another is resized. */
const AT_ONCE = 2;

/** Makes one batch. The floats are handed over, not copied. */
export async function prepareBatch(task: BatchTask): Promise<BatchResult> {
  const { samples, input, stop } = task;
  const length = input.crop ** 2 * 3;
  const images = new Float32Array(samples.length * length);
  const prepared: (Pixels | undefined)[] = samples.map(() => undefined);
  const write = createSampleWriter(input);
  try {
    await forEachAtOnce(AT_ONCE, samples, async (sample, index) => {
      if (Atomics.load(stop, 0) !== 0) return;
      const pixels = sample.cached ?? (await prepare(sample.recipe, task));
      if (!sample.cached && task.keep) prepared[index] = pixels;
      write(pixels, cropOf(sample, pixels, task), images, index * length);
    });
  } catch (error) {
    if (!(error instanceof FailedSample)) throw error;
    return { images: new Float32Array(0), prepared: [], failure: { path: error.path, problem: error.message } };
  }
  return handOver({ images, prepared }, images.buffer);
}

class FailedSample extends Error {
  constructor(
    readonly path: string,
    problem: string,
  ) {
    super(problem);
  }
}

async function prepare(recipe: Recipe, { input, keep }: BatchTask): Promise<Pixels> {
  const image = await make(recipe, input.resize);
  return resample(image, resizedSize(image, input.resize, input.fit), keep);
}

async function make(recipe: Recipe, size: number): Promise<Pixels> {
  if (recipe.kind === "bird") return renderBird(recipe.scene, size);
  try {
    const { decodeFile } = await decoder();
    return await decodeFile(recipe.path, recipe.exif, recipe.maxPixels);
  } catch (error) {
    if (error instanceof ImageProblem) throw new FailedSample(recipe.path, error.message);
    throw error;
  }
}

function cropOf({ position, flip }: SampleTask, { width, height }: Pixels, { input: { crop, pad } }: BatchTask) {
  if (!position) return { left: centreOffset(width, crop), top: centreOffset(height, crop), flip };
  return {
    left: randomOffset(width, crop, pad, position[0]),
    top: randomOffset(height, crop, pad, position[1]),
    flip,
  };
}

/** Piscina moves what these two symbols name, and copies the rest (shared memory is neither moved nor copied). */
function handOver(result: BatchResult, buffer: ArrayBufferLike): BatchResult {
  return Object.defineProperties(result, {
    [transferableSymbol]: { get: () => [buffer] },
    [valueSymbol]: { get: () => result },
  });
}
