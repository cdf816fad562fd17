/** A look behind TensorFlow.js: which tensors came to be, and went, while which part of a run was at work. */
import * as tf from "@tensorflow/tfjs";
import type { Activity } from "./activity.js";

/** Tensors by the part of the run that made or freed them. */
type Culprits = ReadonlyMap<string, number>;

/** Follows every tensor until `stop`. Costs a record a tensor, so it is for a second look. */
export interface TensorTrace {
  /** Who made what is still there. */
  left(): Culprits;
  /** Who freed what was there before the trace began. */
  freed(): Culprits;
  stop(): void;
}

/** The two methods of TensorFlow.js' engine through which every tensor comes and goes. */
interface Bookkeeper {
  trackTensor(tensor: tf.Tensor, backend: unknown): void;
  disposeTensor(tensor: tf.Tensor): void;
}

/** @param owned may be freed by anyone */
export function traceTensors(activity: Pick<Activity, "part">, owned: readonly tf.Tensor[]): TensorTrace {
  // Its types keep trackTensor private; every way of making a tensor ends with it.
  const engine = tf.engine() as unknown as Bookkeeper;
  const { trackTensor, disposeTensor } = engine;
  const made: { readonly tensor: tf.Tensor; readonly part: string }[] = [];
  const known = new WeakSet(owned);
  const gone: string[] = [];
  engine.trackTensor = (tensor, backend) => {
    trackTensor.call(engine, tensor, backend);
    // Variables are counted apart: a model that is built late is no leak.
    if (!(tensor instanceof tf.Variable)) made.push({ tensor, part: activity.part });
    known.add(tensor);
  };
  engine.disposeTensor = (tensor) => {
    if (!known.has(tensor) && !(tensor instanceof tf.Variable)) gone.push(activity.part);
    disposeTensor.call(engine, tensor);
  };
  return {
    left: () => countBy(made.filter(({ tensor }) => !tensor.isDisposed).map(({ part }) => part)),
    freed: () => countBy(gone),
    stop: () => {
      engine.trackTensor = trackTensor;
      engine.disposeTensor = disposeTensor;
    },
  };
}

/** Most first. */
function countBy(names: readonly string[]): Culprits {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return new Map([...counts].sort(([, a], [, b]) => b - a));
}
