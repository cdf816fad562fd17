/** Runs products on a backend, by shaders that are written once for each. */
import type * as tf from "@tensorflow/tfjs";
import type { GpuBackend } from "../../backend.js";
import type { Shader } from "../../shader.js";
import { choose } from "./choose.js";
import { gridOf } from "./frame.js";
import { partsGrid, partsShader } from "./parts.js";
import type { Product } from "./product.js";
import { threadsShader } from "./threads.js";

type Grid = readonly [number, number, number];

/** What a product came to: its shader, and that which adds up its parts. */
export interface Plan {
  readonly shader: Shader;
  readonly groups: Grid;
  /** Where the depth is cut. */
  readonly cut?: { readonly size: number; readonly shader: Shader; readonly groups: Grid };
}

export interface Operands {
  readonly a: tf.TensorInfo;
  readonly b: tf.TensorInfo;
  /** Where the product's finish has one. */
  readonly bias?: tf.TensorInfo | undefined;
  readonly y: tf.TensorInfo;
}

const plans = new WeakMap<GpuBackend, Map<string, Plan>>();

/**
 * Writes a product into `y`.
 *
 * @param key of everything that `describe` depends on
 */
export function runProduct(backend: GpuBackend, key: string, describe: () => Product, operands: Operands): void {
  const { shader, groups, cut } = planOf(backend, key, describe);
  const { a, b, bias, y } = operands;
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

function planOf(backend: GpuBackend, key: string, describe: () => Product): Plan {
  let known = plans.get(backend);
  if (!known) {
    known = new Map();
    plans.set(backend, known);
  }
  let plan = known.get(key);
  if (!plan) {
    plan = makePlan(backend, describe());
    known.set(key, plan);
  }
  return plan;
}

function makePlan({ info }: GpuBackend, product: Product): Plan {
  const choice = choose(product);
  const { rows, columns, batch } = product;
  return {
    // A driver in software takes longer to compile a long text than to run it.
    shader: threadsShader(product, choice, info.isFallbackAdapter ? { unrolled: 1 } : {}),
    groups: gridOf(product, choice),
    ...(choice.parts > 1 && {
      cut: {
        size: choice.parts * batch * rows * columns,
        shader: partsShader(product, choice.parts),
        groups: partsGrid(product, choice.parts),
      },
    }),
  };
}
