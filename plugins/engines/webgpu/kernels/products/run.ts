/** Runs products on a backend, by shaders that are written once for each. */
import type * as tf from "@tensorflow/tfjs";
import type { GpuBackend } from "../../backend.js";
import { candidatesFor, rank, wayOf } from "./choose.js";
import { type Plan, planFor, type Written } from "./plan.js";
import { powerOf } from "./power.js";
import type { Product } from "./product.js";
import { choiceKey, tuned } from "./tuning.js";

export interface Operands {
  readonly a: tf.TensorInfo;
  readonly b: tf.TensorInfo;
  /** Where the product's finish has one. */
  readonly bias?: tf.TensorInfo | undefined;
  readonly y: tf.TensorInfo;
}

/** A choice that could be measured. */
export interface Untuned {
  readonly key: string;
  readonly product: Product;
  /** By their kept names, the one of least estimated time first. */
  readonly plans: ReadonlyMap<string, Plan>;
  /** Floats of each of the operands. */
  readonly sizes: readonly number[];
}

/** Of a backend: its plans, and products that no tuning knew. */
interface Known {
  readonly plans: Map<string, Plan>;
  readonly untuned: Map<string, Untuned>;
}

const knownOf = new WeakMap<GpuBackend, Known>();

export function known(backend: GpuBackend): Known {
  let found = knownOf.get(backend);
  if (!found) {
    found = { plans: new Map(), untuned: new Map() };
    knownOf.set(backend, found);
  }
  return found;
}

/**
 * Writes a product into `y`.
 *
 * @param key of everything that `describe` depends on
 */
export function runProduct(backend: GpuBackend, key: string, describe: () => Product, operands: Operands): void {
  const { plans } = known(backend);
  const whole = `${backend.precision} ${key}`;
  let plan = plans.get(whole);
  if (!plan) {
    plan = makePlan(backend, whole, describe(), operands);
    plans.set(whole, plan);
  }
  runPlan(backend, plan, operands);
}

export function runPlan(backend: GpuBackend, { shader, groups, cut }: Plan, { a, b, bias, y }: Operands): void {
  const biases = bias ? [bias] : [];
  if (!cut) {
    backend.run({ shader, reads: [a, b, ...biases], writes: [y], groups });
    return;
  }
  const partial = backend.allocate([cut.size]);
  backend.run({ shader, reads: [a, b], writes: [partial], groups });
  backend.run({ shader: cut.shader, reads: [partial, ...biases], writes: [y], groups: cut.groups });
  backend.disposeData(partial.dataId);
}

/** Choices that are tried when measured: those of least estimated time. */
const tried = 5;

function makePlan(backend: GpuBackend, key: string, product: Product, operands: Operands): Plan {
  const { device, info, precision, tuning } = backend;
  const power = powerOf(device, info);
  const way = wayOf(precision, power);
  const written: Written = { way, units: power.matrices, short: info.isFallbackAdapter === true };
  const ranked = rank(product, candidatesFor(way, power));
  const kept = tuned(tuning, key, ranked);
  if (tuning && !kept) {
    const plans = new Map(
      ranked.slice(0, tried).map((choice) => [choiceKey(choice), planFor(product, choice, written)]),
    );
    const sizes = [operands.a, operands.b, operands.bias, operands.y].map((one) => sizeOf(one));
    known(backend).untuned.set(key, { key, product, plans, sizes });
  }
  // The first tile of every way fits in WebGPU's own limits, or a smaller one does.
  return planFor(product, kept ?? (ranked[0] as (typeof ranked)[number]), written);
}

function sizeOf(info: tf.TensorInfo | undefined): number {
  return info ? info.shape.reduce((product, side) => product * side, 1) : 0;
}
