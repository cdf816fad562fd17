/** The worker thread: whole batches of images, from file or recipe through transforms to normalised floats. Imports no tensor library. */
import type { InputSettings } from "../../../core/index.js";
import { cut } from "../../transforms/pixels/cut.js";
import { resizedPixels, type Size } from "../../transforms/pixels/geometry.js";
import { type Pixels, shared } from "../../transforms/pixels/pixels.js";
import { TooManyPixels } from "../../transforms/pixels/too-many.js";
import { renderBird } from "../birds/render.js";
import { forEachAtOnce } from "./at-once.js";
import type { DecodeOptions } from "./decode.js";
import { type DiskCache, keepOnDisk, nameOf, readKept } from "./disk-cache.js";
import { ImageProblem, inspectFile } from "./inspect.js";
import { holdMemory } from "./memory.js";
import { normalisingWriter, plainWriter } from "./normalise.js";
import type { BatchResult, BatchTask, Recipe, SampleTask } from "./tasks.js";
import { applyTransforms, FailedTransform, shapeOf, type TransformCall } from "./transform-calls.js";

/** Loaded on first use: drawn images need no decoder, and a decoder that does not load fails a task, not the thread. */
const decoder = () => import("./decode.js");

/** Images decoded at a time: one is read while another is resized. */
const AT_ONCE = 2;

/** Makes one batch, where the task says. */
export async function prepareBatch(task: BatchTask): Promise<BatchResult> {
  const { samples, images, input, stop } = task;
  const length = input.crop ** 2 * 3;
  const prepared: (Pixels | undefined)[] = samples.map(() => undefined);
  const write = images instanceof Uint8Array ? plainWriter(images) : normalisingWriter(images, input);
  const unread = new Map<number, string>();
  try {
    let room = task.keep;
    await forEachAtOnce(AT_ONCE, samples, async (sample, index) => {
      if (Atomics.load(stop, 0) !== 0) return;
      const held = holdMemory(task.memory);
      const reserve: Reserve = (bytes, size) => held.reserve(bytes + resizedBytes(size, input));
      try {
        const pixels = sample.cached ?? (await prepare(sample, task, reserve));
        if (!sample.cached && pixels.data.length <= room) {
          room -= pixels.data.length;
          prepared[index] = shared(pixels);
        }
        write(await finish(pixels, sample, task), index * length);
      } catch (error) {
        const isSpared = task.spares && error instanceof FailedSample && !error.transform;
        if (isSpared) return void unread.set(index, error.message);
        if (error instanceof FailedSample) throw error;
        const problem = error instanceof Error ? error.message : String(error);
        throw new Error(`${pathOf(sample.recipe)}: ${problem}`, { cause: error });
      } finally {
        held.release();
      }
    });
  } catch (error) {
    if (!(error instanceof FailedSample)) throw error;
    const { path, message: problem, transform } = error;
    return { prepared: [], failure: { path, problem, ...(transform && { transform }) } };
  }
  if (unread.size === 0) return { prepared };
  closeGaps(images, unread, length);
  return { prepared, unread };
}

/** Moves the rows of a batch that have a picture together. */
function closeGaps(images: Uint8Array | Float32Array, unread: ReadonlyMap<number, string>, length: number): void {
  let rows = 0;
  for (let row = 0; row * length < images.length; row++)
    if (!unread.has(row)) images.copyWithin(rows++ * length, row * length, (row + 1) * length);
}

class FailedSample extends Error {
  constructor(
    readonly path: string,
    problem: string,
    readonly transform?: string,
  ) {
    super(problem);
  }
}

type Reserve = NonNullable<DecodeOptions["reserve"]>;

/** Beside what its decoder takes, a picture takes what it is resized to, in each of two directions. */
function resizedBytes(size: Size | undefined, { resize, fit }: InputSettings): number {
  return size ? 6 * resizedPixels(size, resize, fit).pixels : 0;
}

/** The picture as the cache has it: from disk, or made. */
async function prepare(sample: SampleTask, task: BatchTask, held: Reserve): Promise<Pixels> {
  const { disk } = task;
  const name = disk && keptName(sample.recipe, task, disk);
  if (!disk || name === undefined) return make(sample, task, held);
  const kept = readKept(disk, name);
  if (kept) return kept;
  const made = await make(sample, task, held);
  keepOnDisk(disk, name, made);
  return made;
}

/** Only photographs that the first transforms have made smaller are worth a place. */
function keptName(recipe: Recipe, { input, transforms, kept }: BatchTask, disk: DiskCache): string | undefined {
  if (recipe.kind !== "file" || kept === 0) return undefined;
  const { path, ...how } = recipe;
  const { hash } = inspectFile(path);
  return hash === "" ? undefined : nameOf(disk, hash, JSON.stringify([how, shapeOf(transforms.slice(0, kept), input)]));
}

async function make({ recipe, drawn }: SampleTask, task: BatchTask, held: Reserve): Promise<Pixels> {
  const { input, transforms, kept } = task;
  const image = await pictureOf(recipe, task, held);
  return transformed(recipe, image, transforms.slice(0, kept), drawn, input);
}

async function finish(pixels: Pixels, { recipe, drawn }: SampleTask, { input, transforms, kept }: BatchTask) {
  const picture = await transformed(recipe, pixels, transforms.slice(kept), drawn.slice(kept), input);
  const { width, height } = picture;
  if (width === input.crop && height === input.crop) return picture;
  const last = transforms.at(-1)?.name ?? "nothing";
  const problem = `the picture is ${width} × ${height} after ${last}, not ${input.crop} × ${input.crop} (input.crop)`;
  throw new FailedSample(pathOf(recipe), problem, "input.transforms");
}

type Call = [Pixels, readonly TransformCall[], readonly (readonly number[])[], InputSettings];

async function transformed(recipe: Recipe, ...call: Call): Promise<Pixels> {
  try {
    return await applyTransforms(...call, recipe.kind === "bird" ? undefined : recipe.maxPixels);
  } catch (error) {
    if (error instanceof TooManyPixels) throw new FailedSample(pathOf(recipe), error.message);
    if (error instanceof FailedTransform) throw new FailedSample(pathOf(recipe), error.message, error.transform);
    throw error;
  }
}

function pathOf(recipe: Recipe): string {
  if (recipe.kind === "file") return recipe.path;
  return recipe.kind === "bird" ? "a drawn bird" : "a picture in memory";
}

async function pictureOf(recipe: Recipe, { input, next }: BatchTask, reserve: Reserve): Promise<Pixels> {
  if (recipe.kind === "bird") return renderBird(recipe.scene, input.resize);
  if (recipe.kind === "pixels") return recipe.pixels;
  try {
    const { decodeBytes, decodeFile } = await decoder();
    const how = { reserve, ...(next && recipe.decode === "reduced" && { next }) };
    if (recipe.kind === "bytes") return await decodeBytes(recipe.bytes, recipe.exif, recipe.maxPixels, how);
    return cutOut(await decodeFile(recipe.path, recipe.exif, recipe.maxPixels, how), recipe);
  } catch (error) {
    if (error instanceof ImageProblem) throw new FailedSample(pathOf(recipe), error.message);
    throw error;
  }
}

/** Without its banner, and the part that counts; a part that reaches beyond the picture ends at its edge. */
function cutOut(picture: Pixels, { banner = 0, part }: Extract<Recipe, { kind: "file" }>): Pixels {
  if (banner === 0 && !part) return picture;
  const height = Math.max(1, picture.height - banner);
  const { left, top, ...size } = part ?? { left: 0, top: 0, width: picture.width, height };
  const [x, y] = [clamp(left, picture.width - 1), clamp(top, height - 1)];
  const [right, bottom] = [clamp(left + size.width, picture.width), clamp(top + size.height, height)];
  return cut(picture, { left: x, top: y, width: Math.max(1, right - x), height: Math.max(1, bottom - y) });
}

function clamp(value: number, most: number): number {
  return Math.min(Math.max(Math.round(value), 0), most);
}
