/** The named variables of a network, and how they travel to and from files. */
import * as tf from "@tensorflow/tfjs";
import type { NamedArray } from "../values/named-array.js";
import type { Stateful } from "../values/state.js";
import { type Derivation, Derived } from "./derived.js";
import { hold } from "./hold.js";

/** How a tensor is laid out here, and so how it must be turned for public files. */
export type Layout =
  /** Here `[height, width, in, out]`; in files `[out, in, height, width]`. */
  | "convolution"
  /** Here `[height, width, channels, 1]`; in files `[channels, 1, height, width]`. */
  | "depthwise"
  /** Here `[in, out]`; in files `[out, in]`. */
  | "linear"
  /** Here `[in, out]`; in files `[out, in, 1, 1]`: a convolution of one pixel that is computed as a matrix. */
  | "pointwise"
  /** The same in both. */
  | "plain";

interface Slot {
  readonly variable: tf.Variable;
  readonly layout: Layout;
}

/** Fills a new variable: `(shape) => values`. */
export type Initializer = (shape: readonly number[]) => Float32Array;

let built = 0;
/** What all variables share while none is drawn, as long as the largest. */
let blank: Float32Array | undefined;
/** Whether they will be. */
let isLater = false;

/**
 * Does the work with weights that are not drawn: all are 0, and share one piece of memory where the engine computes in
 * JavaScript's. For models of which nothing but names and shapes is asked.
 */
export function withoutValues<T>(work: () => T): T {
  blank = new Float32Array();
  try {
    return work();
  } finally {
    blank = undefined;
  }
}

/**
 * Does the work with weights that are not drawn yet: most will come from a file, and drawing 88 million of them takes longer than
 * reading them. `drawRest` draws those that did not.
 */
export function withValuesLater<T>(work: () => T): T {
  isLater = true;
  try {
    return withoutValues(work);
  } finally {
    isLater = false;
  }
}

function blanks(length: number): Float32Array | undefined {
  if (blank && blank.length < length) blank = new Float32Array(length);
  return blank?.subarray(0, length);
}

/** The variables of one model by public name (`layer1.0.conv1.weight`), in the order they were declared. */
export class Parameters {
  readonly #trained = new Map<string, Slot>();
  readonly #buffers = new Map<string, Slot>();
  readonly #counters = new Map<string, number>();
  readonly #derived: Derived[] = [];
  #keepsStatistics: (name: string) => boolean = () => false;
  /** What is still to be drawn. */
  readonly #pending = new Map<string, Initializer>();
  /** tfjs keeps variable names unique in the process; ours are unique in the model only. */
  readonly #prefix = `fgkd/${built++}`;

  /** A trained variable. */
  weight(name: string, shape: readonly number[], layout: Layout, initialize: Initializer): tf.Variable {
    return this.#declare(this.#trained, name, shape, layout, initialize, true);
  }

  /** A variable that no optimiser touches, like a running mean. */
  buffer(name: string, shape: readonly number[], initialize: Initializer): tf.Variable {
    return this.#declare(this.#buffers, name, shape, "plain", initialize, false);
  }

  /** An integer that public checkpoints carry, like `num_batches_tracked`. */
  counter(name: string): { increase(): void } {
    this.#counters.set(name, 0);
    return { increase: () => this.count(name, 1) };
  }

  /**
   * Tensors that follow from these variables: kept until one of them is assigned to, freed with the model. Not for use
   * where gradients are recorded.
   *
   * @returns a function that gives them as they are now; not the caller's to free
   */
  derive(from: readonly tf.Tensor[], compute: Derivation): () => readonly tf.Tensor[] {
    const derived = new Derived(from, compute);
    this.#derived.push(derived);
    return () => derived.values;
  }

  /** Says which batch norms normalise by their running averages in training, too, and leave them as they are: by their weight's name. */
  keepStatisticsOf(isKept: (weight: string) => boolean): void {
    this.#keepsStatistics = isKept;
  }

  keepsStatistics(weight: string): boolean {
    return this.#keepsStatistics(weight);
  }

  /** All that is derived, as it is now; not the caller's to free. */
  get derivedTensors(): readonly tf.Tensor[] {
    return this.#derived.flatMap((derived) => derived.values);
  }

  /** How far each counter is. */
  get counted(): ReadonlyMap<string, number> {
    return new Map(this.#counters);
  }

  /** Moves a counter on. */
  count(name: string, by: number): void {
    this.#counters.set(name, (this.#counters.get(name) ?? 0) + by);
  }

  /** Frees what was derived, as after an evaluation in the midst of training; it is computed anew when needed. */
  forgetDerived(): void {
    for (const derived of this.#derived) derived.forget();
  }

  /** What an optimiser is given, by public name. */
  get trained(): ReadonlyMap<string, tf.Variable> {
    return new Map([...this.#trained].map(([name, { variable }]) => [name, variable]));
  }

  /** Everything that has a value: what is trained, and buffers. */
  get variables(): ReadonlyMap<string, tf.Variable> {
    return new Map([...this.#slots()].map(([name, { variable }]) => [name, variable]));
  }

  /** Variables of the same names, layouts and values. Until one side changes a value, both share its memory. */
  twin(): Parameters {
    const twin = new Parameters();
    const declare = (into: Map<string, Slot>, from: ReadonlyMap<string, Slot>) => {
      for (const [name, { variable, layout }] of from)
        into.set(name, { variable: tf.variable(variable, false, `${twin.#prefix}/${name}`), layout });
    };
    declare(twin.#trained, this.#trained);
    declare(twin.#buffers, this.#buffers);
    twin.copyCounters(this);
    return twin;
  }

  /** Takes over the values of a twin: pointers move, nothing is copied. */
  copy(from: Parameters): void {
    const { variables } = this;
    for (const [name, variable] of from.variables) variables.get(name)?.assign(variable);
    this.copyCounters(from);
  }

  /** Takes over the integers of a twin. */
  copyCounters(from: Parameters): void {
    for (const [name, value] of from.#counters) this.#counters.set(name, value);
  }

  /**
   * Does the work with the values of a twin in these variables, then puts back what they had. Pointers move, no value is
   * copied. What the work assigns to these variables is lost.
   */
  lend<T>(from: Parameters, work: () => T): T {
    const own = [...this.variables].map(([name, variable]) => ({ name, variable, value: hold(variable) }));
    const others = from.variables;
    try {
      for (const { name, variable } of own) variable.assign(others.get(name) ?? variable);
      return work();
    } finally {
      for (const { variable, value } of own) {
        variable.assign(value);
        value.dispose();
      }
    }
  }

  /** Number of trained values. */
  get size(): number {
    return [...this.#trained.values()].reduce((sum, { variable }) => sum + variable.size, 0);
  }

  /** Name and shape, in the layout of public files, of everything that `export` gives. */
  get shapes(): ReadonlyMap<string, readonly number[]> {
    const shapes = [...this.#slots()].map(([name, slot]) => [name, publicShape(slot)] as const);
    return new Map([...shapes, ...[...this.#counters.keys()].map((name) => [name, []] as const)]);
  }

  /** Every value in the layout of public (PyTorch) files. */
  async export(): Promise<ReadonlyMap<string, NamedArray>> {
    // All reads are asked for before the first is waited for: a device with a queue answers them in one go.
    const reads = [...this.#slots()].map(async ([name, slot]): Promise<[string, NamedArray]> => {
      const turned = tf.tidy(() =>
        slot.layout === "plain" ? slot.variable : slot.variable.transpose([...order[slot.layout].out]),
      );
      // A copy: on some engines data() is a view of memory that the next step reuses.
      const data = Float32Array.from(await turned.data());
      if (turned !== slot.variable) turned.dispose();
      return [name, { shape: publicShape(slot), data }];
    });
    const arrays = new Map<string, NamedArray>(await Promise.all(reads));
    for (const [name, value] of this.#counters) arrays.set(name, { shape: [], data: BigInt64Array.of(BigInt(value)) });
    return arrays;
  }

  /**
   * Sets the named variables from arrays in public layout; shapes must have been checked against `shapes`.
   *
   * @param arrays nobody changes them from now on: variables may look at the same memory
   */
  import(arrays: ReadonlyMap<string, NamedArray>): void {
    const slots = new Map(this.#slots());
    for (const [name, { data }] of arrays) {
      const slot = slots.get(name);
      if (slot) {
        tf.tidy(() => slot.variable.assign(fromPublic(slot, data as Float32Array)));
        this.#pending.delete(name);
      } else if (this.#counters.has(name)) this.#counters.set(name, Number(data[0] ?? 0));
    }
  }

  /** Draws the values that were left for later and that nothing has set since, in the order in which they were declared. */
  drawRest(): void {
    const slots = new Map(this.#slots());
    for (const [name, initialize] of this.#pending) {
      const { variable } = slots.get(name) as Slot;
      tf.tidy(() => variable.assign(tf.tensor(initialize(variable.shape), variable.shape)));
    }
    this.#pending.clear();
  }

  dispose(): void {
    this.forgetDerived();
    for (const [, { variable }] of this.#slots()) variable.dispose();
  }

  *#slots(): Iterable<readonly [string, Slot]> {
    yield* this.#trained;
    yield* this.#buffers;
  }

  #declare(
    into: Map<string, Slot>,
    name: string,
    shape: readonly number[],
    layout: Layout,
    initialize: Initializer,
    trainable: boolean,
  ): tf.Variable {
    const values = blanks(tf.util.sizeFromShape([...shape])) ?? initialize(shape);
    const variable = tf.tidy(() => tf.variable(tf.tensor(values, [...shape]), trainable, `${this.#prefix}/${name}`));
    into.set(name, { variable, layout });
    if (isLater) this.#pending.set(name, initialize);
    return variable;
  }
}

/** Parameters that survive an interruption as part of something's state. */
export function asState(parameters: Parameters): Stateful {
  return {
    save: async () => ({ tensors: await parameters.export() }),
    load: ({ tensors }) => parameters.import(tensors ?? new Map()),
  };
}

/** Permutations from our layout to the public one, and back. */
const order = {
  convolution: { out: [3, 2, 0, 1], in: [2, 3, 1, 0] },
  depthwise: { out: [2, 3, 0, 1], in: [2, 3, 0, 1] },
  linear: { out: [1, 0], in: [1, 0] },
  pointwise: { out: [1, 0], in: [1, 0] },
} as const satisfies Record<Exclude<Layout, "plain">, { out: readonly number[]; in: readonly number[] }>;

function publicShape({ variable, layout }: Slot): readonly number[] {
  if (layout === "plain") return variable.shape;
  const sides = order[layout].out.map((axis) => variable.shape[axis] as number);
  return layout === "pointwise" ? [...sides, 1, 1] : sides;
}

function fromPublic(slot: Slot, data: Float32Array): tf.Tensor {
  const sides = publicShape(slot);
  const tensor = tf.tensor(data, slot.layout === "pointwise" ? sides.slice(0, 2) : [...sides]);
  return slot.layout === "plain" ? tensor : tensor.transpose([...order[slot.layout].in]);
}
