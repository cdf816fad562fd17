/** Reads a reference network and what it computed: weights, outputs, gradients, statistics after one step. */
import { existsSync } from "node:fs";
import * as tf from "@tensorflow/tfjs";
import { expect } from "vitest";
import { type Model, type NamedArray, readSafetensors } from "../../../core/index.js";
import { engineNames, startEngine } from "../../support/engines.js";

/** An engine that is held against the files. */
export interface GoldenEngine {
  readonly name: string;
  start(): Promise<void>;
}

/** Those of the processor, the fastest last. */
export const goldenEngines: readonly GoldenEngine[] = engineNames.map((name) => ({
  name,
  start: () => startEngine(name),
}));

/** What a residual network of the files is. */
export interface ResnetDescription {
  readonly block: "basic" | "bottleneck";
  readonly layers: readonly number[];
  readonly channels: readonly number[];
  readonly num_classes: number;
  readonly labels: readonly number[];
}

export interface GoldenNetwork<Description = ResnetDescription> {
  readonly description: Description;
  /** `[batch, height, width, 3]` */
  readonly images: tf.Tensor4D;
  /** What stands under a first word, by the rest of its name: `weights`, `grad`, `after`. */
  part(name: string): ReadonlyMap<string, NamedArray>;
  value(name: string): NamedArray;
}

/** Copies first, then the shared originals, which a clone elsewhere does not have. */
function goldenFile(name: string): string | undefined {
  const folders = ["../../golden", "../../../../shared/golden"];
  const files = folders.map((folder) => new URL(`${folder}/backbones/${name}.safetensors`, import.meta.url).pathname);
  return files.find((file) => existsSync(file));
}

export function hasGolden(name: string): boolean {
  return goldenFile(name) !== undefined;
}

export function readGolden<Description = ResnetDescription>(name: string): GoldenNetwork<Description> {
  const file = goldenFile(name);
  if (!file) throw new Error(`${name} is not there`);
  const { tensors, metadata } = readSafetensors(file);
  const value = (key: string) => {
    const array = tensors.get(key);
    if (!array) throw new Error(`${name} has no ${key}`);
    return array;
  };
  const { shape, data } = value("input");
  return {
    description: JSON.parse(metadata.fgkd as string),
    images: tf.tidy(() => tf.tensor(data as Float32Array, [...shape]).transpose<tf.Tensor4D>([0, 2, 3, 1])),
    part: (part) =>
      new Map(
        [...tensors].flatMap(([key, array]) =>
          key.startsWith(`${part}.`) ? [[key.slice(part.length + 1), array] as const] : [],
        ),
      ),
    value,
  };
}

/** The largest difference, relative to the expected value or to a tenth of the tensor's largest magnitude. */
export function difference(actual: ArrayLike<number>, expected: NamedArray): number {
  const wanted = Array.from(expected.data as Float32Array);
  expect(actual.length).toBe(wanted.length);
  const floor = Math.max(...wanted.map(Math.abs)) / 10;
  return Math.max(
    ...wanted.map((value, index) => Math.abs((actual[index] as number) - value) / Math.max(Math.abs(value), floor)),
  );
}

/** Reads what is computed, once all of it is asked for: an engine with a queue answers late. Frees it. */
export async function valuesOf(
  compute: () => readonly (tf.Tensor | undefined)[],
): Promise<readonly (ArrayLike<number> | undefined)[]> {
  const tensors = tf.tidy(() => compute().map((tensor) => tensor ?? tf.tensor1d([])));
  const values = await Promise.all(tensors.map((tensor) => tensor.data()));
  tf.dispose(tensors);
  return values;
}

/** Compares logits and features of a network whose features are a map. */
export async function expectEvaluation(
  model: Pick<Model, "forward">,
  golden: Pick<GoldenNetwork, "images" | "value">,
  tolerance: number,
): Promise<void> {
  const [logits, features] = await valuesOf(() => {
    const { logits, features } = model.forward({ images: golden.images }, "eval");
    return [logits, features?.transpose([0, 3, 1, 2])];
  });
  expect(difference(logits ?? [], golden.value("out.eval"))).toBeLessThan(tolerance);
  expect(difference(features ?? [], golden.value("out.eval.features"))).toBeLessThan(tolerance);
}

export function bytesOf(arrays: ReadonlyMap<string, NamedArray>): Buffer {
  return Buffer.concat(
    [...arrays.values()].map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  );
}

/** Our layout of a weight's gradient to PyTorch's. */
export function turn(gradient: tf.Tensor): tf.Tensor {
  if (gradient.rank === 4) return gradient.transpose([3, 2, 0, 1]);
  return gradient.rank === 2 ? gradient.transpose() : gradient;
}
