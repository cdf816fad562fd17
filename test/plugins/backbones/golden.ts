/** Reads a reference network and what it computed: weights, outputs, gradients, statistics after one step. */
import * as tf from "@tensorflow/tfjs";
import { type NamedArray, readSafetensors } from "../../../core/index.js";

export interface GoldenNetwork {
  readonly description: {
    readonly block: "basic" | "bottleneck";
    readonly layers: readonly number[];
    readonly channels: readonly number[];
    readonly num_classes: number;
    readonly labels: readonly number[];
  };
  /** `[batch, height, width, 3]` */
  readonly images: tf.Tensor4D;
  /** What stands under a first word, by the rest of its name: `weights`, `grad`, `after`. */
  part(name: string): ReadonlyMap<string, NamedArray>;
  value(name: string): NamedArray;
}

export function readGolden(name: string): GoldenNetwork {
  const file = new URL(`../../golden/backbones/${name}.safetensors`, import.meta.url).pathname;
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
