/** What tfjs notes of operations while a gradient will be asked for, and the ways through it. */
import * as tf from "@tensorflow/tfjs";

/** An operation, as far as it is used here. */
export interface TapeNode {
  readonly id: number;
  readonly kernelName: string;
  inputs: Readonly<Record<string, tf.Tensor>>;
  readonly outputs: readonly tf.Tensor[];
  readonly saved?: readonly { dispose(): void }[];
  /** A gradient for each input, of those of the outputs; `null` where an output has none. */
  gradient?: (dys: (tf.Tensor | null)[]) => Record<string, () => tf.Tensor>;
  /** Of several operations in one: told the tensors that lead to what is differentiated, before it is. */
  narrow?(leading: ReadonlySet<number>): void;
}

/** The operations so far; none where no gradient will be asked for. */
export function activeTape(): TapeNode[] {
  // tfjs types less of it.
  return (tf.engine().state.activeTape ?? []) as unknown as TapeNode[];
}

/** Whether whoever traces, profiles or debugs looks on while kernels run, or they run within another, or for a gradient's gradient. */
export function isWatched(): boolean {
  const { gradientDepth, kernelDepth } = tf.engine().state;
  return gradientDepth !== 1 || kernelDepth > 0 || isLookedAt();
}

/** Whether whoever profiles or debugs looks on while kernels run. */
export function isLookedAt(): boolean {
  return tf.engine().state.profiling || tf.env().getBool("DEBUG");
}

/** Does the work as where a gradient will be asked for, and returns the operations that would go to the tape. */
export function taped<T>(work: () => T): { readonly result: T; readonly nodes: readonly TapeNode[] } {
  const { state } = tf.engine();
  const { activeTape: outer, gradientDepth: depth } = state;
  const nodes: TapeNode[] = [];
  state.activeTape = nodes as unknown as typeof outer;
  state.gradientDepth = 1;
  try {
    return { result: work(), nodes };
  } finally {
    state.activeTape = outer;
    state.gradientDepth = depth;
  }
}

/** The operations on a way from `xs` to `ys`, in their order: those that gradients pass. */
export interface Ways {
  readonly passed: ReadonlySet<TapeNode>;
  /** Tensors that depend on `xs`, and these, by id. */
  readonly reached: ReadonlySet<number>;
  /** Tensors that `ys` depend on, and these: only as far as they depend on `xs`, or an operation that does takes them. */
  readonly leading: ReadonlySet<number>;
}

export function waysFrom(xs: readonly tf.Tensor[], tape: readonly TapeNode[], ys: readonly tf.Tensor[]): Ways {
  const reached = new Set(xs.map(({ id }) => id));
  const ahead = tape.filter(({ inputs, outputs }) => {
    const isReached = Object.values(inputs).some(({ id }) => reached.has(id));
    if (isReached) for (const { id } of outputs) reached.add(id);
    return isReached;
  });
  const leading = new Set(ys.map(({ id }) => id));
  const passed = ahead.reverse().filter(({ inputs, outputs }) => {
    const leads = outputs.some(({ id }) => leading.has(id));
    if (leads) for (const { id } of Object.values(inputs)) leading.add(id);
    return leads;
  });
  return { passed: new Set(passed.reverse()), reached, leading };
}
