/** Reads images that are in no data set, a few batches ahead of whoever pulls. */
import {
  type ChosenTransform,
  type GivenBatch,
  type GivenImage,
  invalidOption,
  type Pass,
  type Source,
} from "../../../core/index.js";
import { usualTransforms } from "../../transforms/built-in.js";
import type { Exif } from "./decode.js";
import { batchesAhead, checkInput, firstResize } from "./plan.js";
import type { WorkerPool } from "./pool.js";
import { failed, imagesOf } from "./results.js";
import { batchBytes, createSlots, type Normalise } from "./slots.js";
import type { BatchResult, BatchTask, Recipe } from "./tasks.js";
import { callsOf } from "./transform-calls.js";

export interface ReadOptions {
  readonly pool: WorkerPool;
  readonly exif: Exif;
  readonly maxPixels: number;
  readonly decode: "exact" | "reduced";
  readonly prefetchBytes: number;
  readonly normalise: Normalise;
  /** Seconds to wait for a batch before its thread counts as hung. */
  readonly patience: number;
}

type ReadPass = Parameters<NonNullable<Source["read"]>>[1];

/**
 * The images as those of a test pass are: by the same decoder, transforms and threads, so with the same pixels. Images are asked for
 * as they are needed; no more are in memory than the batches that are made ahead.
 *
 * @throws FGKD_INVALID_OPTION for what is no image at all; FGKD_WORKER_FAILED
 */
export async function* readGiven(
  images: AsyncIterable<GivenImage>,
  pass: ReadPass,
  options: ReadOptions,
): AsyncGenerator<GivenBatch, void, undefined> {
  const { pool, normalise, prefetchBytes, patience } = options;
  if (!pass.transforms) checkInput(pass.input, "test");
  const transforms = pass.transforms ?? usualTransforms("test");
  const slots = createSlots(prefetchBytes, normalise);
  const most = batchesAhead(pool.workers + 1, batchBytes(pass, normalise), prefetchBytes);
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const batches = inBatches(images, pass.batchSize);
  const ahead: Ahead[] = [];
  const fill = async () => {
    while (ahead.length < most) {
      const next = await batches.next();
      if (next.done) return;
      const images = slots.take(pass, next.value.length);
      const result = pool.prepareBatch(taskOf(next.value, images, pass, transforms, stop, options));
      // Whoever leaves early never awaits it; a failure is still thrown where it is awaited.
      result.catch(() => {});
      ahead.push({ given: next.value, images, result });
    }
  };
  try {
    await fill();
    for (let first = ahead.shift(); first; first = ahead.shift()) {
      const result = await pool.inTime(first.result, patience);
      const made = toGiven(first, result, pass);
      slots.giveBack(first.images);
      await fill();
      yield made;
    }
  } finally {
    Atomics.store(stop, 0, 1);
    await batches.return();
  }
}

/** A batch under way. */
interface Ahead {
  readonly given: readonly GivenImage[];
  readonly images: BatchTask["images"];
  readonly result: Promise<BatchResult>;
}

async function* inBatches(images: AsyncIterable<GivenImage>, size: number): AsyncGenerator<GivenImage[], void> {
  let batch: GivenImage[] = [];
  for await (const image of images) {
    batch.push(image);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function taskOf(
  given: readonly GivenImage[],
  images: BatchTask["images"],
  { input }: Pick<Pass, "input">,
  transforms: readonly ChosenTransform[],
  stop: Int32Array,
  options: ReadOptions,
) {
  // Tests draw nothing.
  const drawn = transforms.map(() => []);
  return {
    samples: given.map((image) => ({ recipe: recipeOf(image, options), drawn })),
    input,
    transforms: callsOf(transforms),
    next: firstResize(transforms, input),
    kept: 0,
    keep: 0,
    memory: options.pool.memory,
    spares: true,
    images,
    stop,
  };
}

function recipeOf(image: GivenImage, { exif, maxPixels, decode }: ReadOptions): Recipe {
  const how = { exif, maxPixels, ...(decode === "reduced" && { decode }) };
  if (typeof image === "string") return { kind: "file", path: image, ...how };
  // A buffer may be a small part of memory that would all be copied to the thread.
  if (image instanceof Uint8Array) return { kind: "bytes", bytes: Uint8Array.from(image), ...how };
  const { width, height, data } = image ?? {};
  if (data instanceof Uint8Array && width > 0 && height > 0 && data.length === width * height * 3)
    return { kind: "pixels", pixels: { width, height, data: Uint8Array.from(data) }, maxPixels };
  const wanted = "a path, the bytes of a file, or { width, height, data } with three bytes a pixel";
  throw invalidOption("predict", "images", `${wanted}, each of them`, image, "Read it with decodeImage().");
}

function toGiven({ given, images }: Ahead, result: BatchResult, { input }: Pick<Pass, "input">): GivenBatch {
  if (result.failure) throw failed(result.failure);
  const { unread: problems = new Map<number, string>() } = result;
  const indices = given.map((_, index) => index).filter((index) => !problems.has(index));
  if (indices.length === 0) return { given, problems };
  const { crop } = input;
  const shape = [indices.length, crop, crop, 3] as const;
  return {
    given,
    problems,
    batch: { images: imagesOf(images.subarray(0, indices.length * crop ** 2 * 3), [...shape]), indices },
  };
}
