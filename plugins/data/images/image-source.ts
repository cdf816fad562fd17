/** A data source of images, however they come about: plans passes, keeps the workers busy, makes tensors. */
import * as tf from "@tensorflow/tfjs";
import {
  type Batch,
  type ChosenTransform,
  type Pass,
  type Ranks,
  type Source,
  type Split,
  splits,
} from "../../../core/index.js";
import { usualTransforms } from "../../transforms/built-in.js";
import { createPixelCache } from "./cache.js";
import type { DiskCache } from "./disk-cache.js";
import { batchesAhead, checkInput, countBatches, firstResize, randomOf } from "./plan.js";
import type { WorkerPool } from "./pool.js";
import { failed, imagesOf } from "./results.js";
import { batchBytes, createSlots, type Normalise } from "./slots.js";
import type { BatchResult, BatchTask, Recipe } from "./tasks.js";
import { callsOf, drawAll, keptCount, shapeOf } from "./transform-calls.js";
import { type Sampler, visitsOf } from "./visits.js";

/** One image of a split. */
interface Sample {
  readonly recipe: Recipe;
  /** Position of its class. */
  readonly label: number;
}

export interface ImageSourceOptions {
  readonly classes: readonly string[];
  /** Groups of the classes above them. Default: none. */
  readonly ranks?: Ranks;
  readonly samples: Readonly<Record<Split, readonly Sample[]>>;
  readonly fingerprint: string;
  /** How training draws samples. Default: each once an epoch. */
  readonly sampler?: Sampler;
  /** What decodes the pictures, by name. Default: they are drawn. */
  readonly libraries?: Readonly<Record<string, string>>;
  /** The source closes it. */
  readonly pool: WorkerPool;
  /** Bound of the cache of resized images. */
  readonly cacheBytes: number;
  /** Where resized images are kept from run to run. Default: nowhere. */
  readonly disk?: DiskCache;
  /** Bytes of batches that are made ahead; two are in any case. */
  readonly prefetchBytes: number;
  /** Where pixels are normalised: on the threads that make them, or on the device. */
  readonly normalise: Normalise;
  /** Seconds to wait for a batch before its thread counts as hung. */
  readonly patience: number;
}

/** Batches under way or ready, beyond one per worker, as far as there is memory for them. */
const SPARE = 2;

/**
 * A source whose batches are prepared on other threads, a few ahead of whoever pulls.
 *
 * Batches are functions of the pass alone: not of the number of workers, the cache, or what was pulled before.
 *
 * @throws FGKD_BAD_IMAGE from `batches`, when a file cannot be decoded; FGKD_WORKER_FAILED when a thread dies or hangs
 */
export function createImageSource(options: ImageSourceOptions): Source {
  const { classes, samples, fingerprint, pool } = options;
  const cache = createPixelCache(options.cacheBytes);
  const slots = createSlots(options.prefetchBytes, options.normalise);
  /** Of the passes under way: setting one to 1 makes the workers drop its batches. */
  const stops = new Set<Int32Array>();

  const start = async (
    pass: Started,
    positions: readonly number[],
    repeats: readonly number[],
    images: BatchTask["images"],
    stop: Int32Array,
  ): Promise<Prepared> => {
    const { transforms, input } = pass;
    const [calls, kept] = [callsOf(transforms), keptCount(transforms)];
    const shape = JSON.stringify(shapeOf(calls.slice(0, kept), input));
    const key = (position: number) => `${pass.split}/${position}`;
    const samples = positions.map((position, row) => ({
      recipe: sampleAt(options.samples[pass.split], position).recipe,
      cached: cache.get(shape, key(position)),
      drawn: drawAll(transforms, randomOf(pass, position, repeats[row])),
    }));
    const keep = cache.hasRoom ? options.cacheBytes / (pool.workers + SPARE) : 0;
    const task = {
      samples,
      input,
      transforms: calls,
      next: firstResize(transforms, input),
      kept,
      keep,
      disk: options.disk,
      memory: pool.memory,
      images,
      stop,
    };
    const result = await pool.prepareBatch(task);
    positions.forEach((position, index) => {
      const pixels = result.prepared[index];
      if (pixels) cache.put(shape, key(position), pixels);
    });
    return { positions, images, result };
  };

  return {
    classes,
    ...(options.ranks && Object.keys(options.ranks).length > 0 && { ranks: options.ranks }),
    fingerprint,
    libraries: options.libraries,
    splits: splits.filter((split) => samples[split].length > 0),
    count: (split) => samples[split].length,
    classCounts: (split) => countLabels(samples[split], classes.length),
    batchCount: (pass) => countBatches(pass, samples[pass.split].length),
    batches: async function* (pass) {
      if (!pass.transforms) checkInput(pass.input, pass.mode);
      const started = { ...pass, transforms: pass.transforms ?? usualTransforms(pass.mode) };
      const list = samples[pass.split];
      const labels = list.map(({ label }) => label);
      const { order, repeats } = visitsOf(pass, labels, options.sampler ?? "shuffled");
      const total = countBatches(pass, list.length);
      const stop = new Int32Array(new SharedArrayBuffer(4));
      stops.add(stop);
      const ahead: Promise<Prepared>[] = [];
      const bytes = batchBytes(pass, options.normalise);
      const most = batchesAhead(pool.workers + SPARE, bytes, options.prefetchBytes);
      let next = pass.skip;
      const fill = () => {
        for (; next < total && ahead.length < most; next++) {
          const [from, to] = [next * pass.batchSize, (next + 1) * pass.batchSize];
          const positions = order.slice(from, to);
          const images = slots.take(pass, positions.length);
          const batch = start(started, positions, repeats.slice(from, to), images, stop);
          // Whoever leaves early never awaits it; a failure is still thrown where it is awaited.
          batch.catch(() => {});
          ahead.push(batch);
        }
      };
      try {
        fill();
        for (let batch = ahead.shift(); batch; batch = ahead.shift()) {
          const prepared = await pool.inTime(batch, options.patience);
          const made = toBatch(prepared, list, classes.length, pass.input.crop);
          slots.giveBack(prepared.images);
          fill();
          yield made;
        }
      } finally {
        Atomics.store(stop, 0, 1);
        stops.delete(stop);
        // What is not wanted any more is written for a while yet; what failed may be for ever.
        for (const batch of ahead) batch.then(({ images }) => slots.giveBack(images)).catch(() => {});
      }
    },
    close: async () => {
      for (const stop of stops) Atomics.store(stop, 0, 1);
      cache.clear();
      slots.clear();
      await pool.close();
    },
  };
}

type Started = Pass & { readonly transforms: readonly ChosenTransform[] };

interface Prepared {
  readonly positions: readonly number[];
  readonly images: BatchTask["images"];
  readonly result: BatchResult;
}

function toBatch(
  { positions, images, result }: Prepared,
  list: readonly Sample[],
  classes: number,
  crop: number,
): Batch {
  if (result.failure) throw failed(result.failure);
  const labels = new Float32Array(positions.length * classes);
  positions.forEach((position, row) => {
    labels[row * classes + sampleAt(list, position).label] = 1;
  });
  return {
    images: imagesOf(images, [positions.length, crop, crop, 3]),
    labels: tf.tensor2d(labels, [positions.length, classes]),
    indices: positions,
  };
}

/** Samples of each label. */
function countLabels(list: readonly Sample[], classes: number): readonly number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const { label } of list) counts[label] = (counts[label] as number) + 1;
  return counts;
}

function sampleAt(list: readonly Sample[], position: number): Sample {
  return list[position] as Sample;
}
