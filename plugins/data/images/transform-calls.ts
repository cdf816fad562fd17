/** The transforms of a pass: what the main thread draws, what threads are told, and how these call them. */
import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import type { ChosenTransform, InputSettings, Random } from "../../../core/index.js";
import type { Pixels } from "../../transforms/pixels/pixels.js";
import { TooManyPixels } from "../../transforms/pixels/too-many.js";
import type { TransformFunction } from "../../transforms/pixels/transform-function.js";

/** A transform as threads are told of it. */
export interface TransformCall {
  readonly name: string;
  /** A URL. */
  readonly module: string;
  readonly function: string;
  readonly options: object;
}

export function callsOf(transforms: readonly ChosenTransform[]): readonly TransformCall[] {
  return transforms.map(({ name, module, function: called = "transform", options = {} }) => ({
    name,
    module: isAbsolute(module) ? pathToFileURL(module).href : module,
    function: called,
    options,
  }));
}

/** How many of them, from the first, make the picture that is kept in memory: those up to one that asks for it, nothing drawn. */
export function keptCount(transforms: readonly ChosenTransform[]): number {
  const drawing = transforms.findIndex(({ draw }) => draw);
  const fixed = drawing === -1 ? transforms : transforms.slice(0, drawing);
  return fixed.findLastIndex(({ keep }) => keep) + 1;
}

/** What such pictures depend on beside their files. */
export function shapeOf(first: readonly TransformCall[], input: InputSettings): object {
  const { mean: _, deviation: __, transforms: ___, ...sizes } = input;
  return [first, first.length === 0 ? sizes.resize : sizes];
}

/** Of each transform in turn, what it draws for one picture. */
export function drawAll(transforms: readonly ChosenTransform[], random: Random): readonly (readonly number[])[] {
  return transforms.map(({ draw }) => draw?.(random) ?? []);
}

/** What went wrong in a transform. */
export class FailedTransform extends Error {
  constructor(
    readonly transform: string,
    problem: unknown,
  ) {
    super(problem instanceof Error ? problem.message : String(problem));
  }
}

const modules = new Map<string, Promise<Readonly<Record<string, unknown>>>>();

/** On a thread: the picture after some transforms. @throws FailedTransform, TooManyPixels */
export async function applyTransforms(
  picture: Pixels,
  calls: readonly TransformCall[],
  drawn: readonly (readonly number[])[],
  input: InputSettings,
  maxPixels?: number,
): Promise<Pixels> {
  let result = picture;
  for (const [index, call] of calls.entries()) {
    try {
      const apply = await find(call);
      const task = { options: call.options as never, drawn: drawn[index] ?? [], input, maxPixels };
      result = withoutPartOf(result, checked(await apply(result, task)));
    } catch (error) {
      if (error instanceof TooManyPixels) throw error;
      throw new FailedTransform(`transform ${call.name}, ${call.module}`, error);
    }
  }
  return result;
}

async function find({ module, function: name }: TransformCall): Promise<TransformFunction> {
  const loading = modules.get(module) ?? load(module);
  modules.set(module, loading);
  const found = (await loading)[name];
  // A stranger's function: what it returns is looked at.
  if (typeof found === "function") return found as TransformFunction;
  throw new Error(`it exports no function "${name}"`);
}

/** TypeScript is loaded as the command loads it, unless this thread understands it anyway. */
async function load(module: string): Promise<Readonly<Record<string, unknown>>> {
  if (!/\.[cm]?ts$/.test(module) || import.meta.url.endsWith(".ts")) return import(module);
  const { createJiti } = await import("jiti");
  // Ours, wherever fgkd is installed.
  const virtualModules = { "fgkd/pixels": await import("../../transforms/pixels/index.js") };
  return createJiti(import.meta.url, { fsCache: false, interopDefault: false, virtualModules }).import(module);
}

/** Whoever makes a new picture out of one has moved or painted over what it was to be once normalised. */
function withoutPartOf(before: Pixels, after: Pixels): Pixels {
  if (after === before || !after.normalised || after.normalised !== before.normalised) return after;
  const { normalised: _, ...rest } = after;
  return rest;
}

function checked(picture: Pixels): Pixels {
  const { width, height, data } = (picture ?? {}) as Partial<Pixels>;
  if (data instanceof Uint8Array && width && height && data.length === width * height * 3) return picture;
  throw new Error("it returned no picture: { width, height, data } with three bytes a pixel");
}
