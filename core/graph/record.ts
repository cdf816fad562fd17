/** What kernels run while something is computed, and on what. */
import * as tf from "@tensorflow/tfjs";
import { composed } from "../ops/kernels.js";
import type { GraphConstant } from "./graph.js";

/** A kernel that ran on something that depends on the input. */
export interface RecordedKernel {
  readonly kernel: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly outputs: readonly string[];
}

export interface Recording {
  readonly kernels: readonly RecordedKernel[];
  readonly values: ReadonlyMap<string, { readonly shape: readonly number[]; readonly type: string }>;
  /** What does not depend on the input, as it was when it was used. */
  readonly constants: ReadonlyMap<string, GraphConstant>;
  /** What was computed, by name. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** The name of what is given. */
export const inputName = "images";

/**
 * Runs a function of a tensor and keeps what every kernel was given. What follows from constants alone is a constant itself. Kernels are
 * those of tfjs alone, no engine's fused ones; what a kernel runs inside is its own business.
 *
 * @param names of tensors that have one: variables
 * @param compute its tensors are freed
 */
export async function record(
  input: tf.Tensor,
  names: ReadonlyMap<number, string>,
  compute: (input: tf.Tensor) => Readonly<Record<string, tf.Tensor>>,
): Promise<Recording> {
  const kernels: RecordedKernel[] = [];
  const values = new Map<string, { readonly shape: readonly number[]; readonly type: string }>();
  const held = new Map<string, tf.Tensor>();
  const known = new Map<number, string>();
  const make = ({ id, shape, dtype }: tf.Tensor, name = `value${values.size}`) => {
    known.set(id, name);
    values.set(name, { shape: [...shape], type: dtype });
    return name;
  };
  const nameOf = (tensor: tf.Tensor): string => {
    const made = known.get(tensor.id);
    if (made !== undefined) return made;
    const name = names.get(tensor.id) ?? `constant${held.size}`;
    known.set(tensor.id, name);
    // Read when all has run: an engine with a queue cannot be read from in between.
    held.set(name, tf.keep(tensor.clone()));
    return name;
  };
  const depends = (tensor: tf.Tensor) => values.has(known.get(tensor.id) ?? "");
  make(input, inputName);

  const listen = (kernel: string, given: object, attributes: object, made: readonly tf.Tensor[]) => {
    const inputs = Object.entries(given).filter((entry): entry is [string, tf.Tensor] => entry[1] instanceof tf.Tensor);
    if (!inputs.some(([, tensor]) => depends(tensor))) return;
    kernels.push({
      kernel,
      inputs: Object.fromEntries(inputs.map(([name, tensor]) => [name, nameOf(tensor)])),
      attributes: { ...attributes },
      outputs: made.map((tensor) => make(tensor)),
    });
  };
  try {
    const outputs = composed(() =>
      listening(listen, () =>
        tf.tidy(() => {
          const computed = Object.entries(compute(input));
          return Object.fromEntries(computed.map(([name, tensor]) => [name, nameOf(tensor)]));
        }),
      ),
    );
    return { kernels, values, constants: await valuesOf(held), outputs };
  } finally {
    tf.dispose([...held.values()]);
  }
}

async function valuesOf(held: ReadonlyMap<string, tf.Tensor>): Promise<Map<string, GraphConstant>> {
  const constants = new Map<string, GraphConstant>();
  for (const [name, tensor] of held) {
    // A copy: on some engines it is a view of memory that is used again.
    const data = (await tensor.data()).slice() as GraphConstant["data"];
    constants.set(name, { shape: [...tensor.shape], data });
  }
  return constants;
}

type Listener = (kernel: string, inputs: object, attributes: object, outputs: readonly tf.Tensor[]) => void;

/** Every operation of tfjs goes through one method of its engine: what stands in its place hears of all, its own included. */
function listening<T>(listen: Listener, work: () => T): T {
  const engine = tf.engine();
  const run = engine.runKernel.bind(engine);
  let depth = 0;
  engine.runKernel = <Made extends tf.Tensor | tf.Tensor[]>(...call: Parameters<typeof run>): Made => {
    depth += 1;
    try {
      const made = run<Made>(...call);
      if (depth === 1) listen(call[0], call[1], call[2] ?? {}, Array.isArray(made) ? made : [made]);
      return made;
    } finally {
      depth -= 1;
    }
  };
  try {
    return work();
  } finally {
    // The method of its class again.
    Reflect.deleteProperty(engine, "runKernel");
  }
}
