/** Where the values of a pass come from: of what it is given, or of what its recording makes. */
import * as tf from "@tensorflow/tfjs";

/** A value: one of those that are given, or that are made. */
export type Place = { readonly given: number } | { readonly made: number };

/** Numbers values by what holds them: tensors that share their values have one place. */
export class Places {
  /** The first tensor of each value that is made. */
  readonly made: tf.TensorInfo[] = [];
  readonly #known = new Map<tf.DataId, Place>();

  constructor(given: readonly tf.TensorInfo[]) {
    for (const [at, { dataId }] of given.entries()) this.#known.set(dataId, { given: at });
  }

  of({ dataId, shape, dtype }: tf.TensorInfo): Place {
    const known = this.#known.get(dataId);
    if (known) return known;
    const place = { made: this.made.length };
    this.made.push({ dataId, shape, dtype });
    this.#known.set(dataId, place);
    return place;
  }
}

/** What a tensor holds now, whoever else has it and lets it go. */
export function infoOf({ dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo {
  return { dataId, shape, dtype };
}

/** How tfjs counts tensors: its types say less. */
interface Tracker {
  disposeTensor(tensor: tf.Tensor): void;
  trackTensor(tensor: tf.Tensor): void;
}

/** Tensors of values that a recording made, and of those that it was given. */
export class Values {
  readonly #taken = new Set<number>();

  constructor(
    readonly given: readonly tf.TensorInfo[],
    readonly made: readonly tf.TensorInfo[],
  ) {}

  /** One more holder of a value. */
  hold(place: Place): tf.TensorInfo {
    if ("given" in place) {
      const info = this.given[place.given] as tf.TensorInfo;
      tf.backend().incRef(info.dataId);
      return info;
    }
    const info = this.made[place.made] as tf.TensorInfo;
    // The first is there already.
    if (this.#taken.has(place.made)) tf.backend().incRef(info.dataId);
    this.#taken.add(place.made);
    return info;
  }

  /** Gives a variable a value of its shape, as `assign` does; no tensor is made of it. */
  assign(variable: tf.Variable, place: Place): void {
    const engine = tf.engine() as unknown as Tracker;
    engine.disposeTensor(variable);
    // It is the variable's from now on: one holder, as it came.
    (variable as { dataId: tf.DataId }).dataId = this.hold(place).dataId;
    engine.trackTensor(variable);
  }

  /** A tensor of it. */
  tensor(place: Place, shape: readonly number[]): tf.Tensor {
    const { dataId, dtype } = this.hold(place);
    return tf.engine().makeTensorFromDataId(dataId, [...shape], dtype);
  }
}

/** One more holder of each, until `letGo`. */
export function hold(values: readonly tf.TensorInfo[]): readonly tf.TensorInfo[] {
  const backend = tf.backend();
  return values.map((value) => {
    backend.incRef(value.dataId);
    return infoOf(value);
  });
}

/** A holder less of each. */
export function letGo(values: readonly tf.TensorInfo[]): void {
  const backend = tf.backend();
  // tfjs is told as it tells itself: it counts buffers.
  for (const { dataId } of values) if (backend.disposeData(dataId)) tf.engine().removeDataId(dataId, backend);
}

/** A tensor of a value that somebody holds. */
export function tensorOf({ dataId, shape, dtype }: tf.TensorInfo): tf.Tensor {
  tf.backend().incRef(dataId);
  return tf.engine().makeTensorFromDataId(dataId, shape, dtype);
}

/** Gives a variable a value that somebody holds. */
export function assignHeld(variable: tf.Variable, held: tf.TensorInfo): void {
  const value = tensorOf(held);
  variable.assign(value);
  value.dispose();
}
