/** Watches for NaN and infinities before they reach a weight. */
import * as tf from "@tensorflow/tfjs";
import { hold } from "../models/hold.js";
import { finiteness } from "../ops/finiteness.js";
import { activeRecorder } from "../ops/recording.js";
import { Kinds } from "../passes/kinds.js";
import { hold as holdAll, infoOf, letGo, tensorOf } from "../passes/places.js";
import { Repeatable } from "../passes/repeatable.js";
import { notFinite } from "../values/errors.js";
import type { Gradients } from "./gradients.js";

/** What a step computed, before anything is done with it. */
export interface Computed {
  /** Of the loss terms. */
  readonly names: readonly string[];
  /** `[terms]`, in the order of `names`. */
  readonly terms: tf.Tensor1D;
  readonly gradients: Gradients;
}

/** Told that a gradient is not finite: whether that is cured otherwise than by an end of the run. */
type Forgive = () => boolean;

/**
 * The loss terms as numbers; the check of the gradients rides on the same read, which is asked for at once.
 *
 * @param checked whether gradients are looked at too
 * @param isFreed whether the caller frees what it gives before the read is answered
 * @param forgive default: never
 * @throws FGKD_NOT_FINITE naming the term or the parameter
 */
export async function readLosses(
  { names, terms, gradients: given }: Computed,
  checked: boolean,
  where: string,
  isFreed = false,
  forgive: Forgive = () => false,
): Promise<Readonly<Record<string, number>>> {
  const looked = checked ? Object.entries(given) : [];
  const values = looked.map(([, one]) => one);
  const held = isFreed ? holdAll(values) : values.map(infoOf);
  const gradients = looked.map(([name], at) => ({ name, value: held[at] as tf.TensorInfo }));
  const sums = checked ? withSums(terms, values) : terms;
  const numbers = isFreed ? hold(sums) : sums;
  if (isFreed && sums !== terms) sums.dispose();
  try {
    return await check(names, numbers, gradients, where, forgive);
  } finally {
    if (numbers !== terms) numbers.dispose();
    if (isFreed) letGo(held);
  }
}

async function check(
  names: readonly string[],
  numbers: tf.Tensor,
  gradients: readonly LookedAt[],
  where: string,
  forgive: Forgive,
): Promise<Readonly<Record<string, number>>> {
  const values = (await numbers.data()) as Float32Array;
  const losses = Object.fromEntries(names.map((name, index) => [name, values[index] as number]));
  for (const [name, value] of Object.entries(losses))
    if (!Number.isFinite(value)) throw notFinite(`loss term "${name}"`, value, where);
  // A suspicion, which is looked into.
  if (!values.subarray(names.length).every(Number.isFinite)) {
    const found = await findNotFinite(gradients);
    if (found && !forgive()) throw notFinite(`the gradient of "${found.name}"`, found.value, where);
  }
  return losses;
}

/** A gradient whose values somebody holds. */
interface LookedAt {
  readonly name: string;
  readonly value: tf.TensorInfo;
}

/** For gradients of the same shapes. */
const repeatables = new Kinds(64, (recorder) => new Repeatable(recorder));

/** The terms, and the `finiteness` of the gradients. @returns the caller's */
function withSums(terms: tf.Tensor1D, gradients: readonly tf.Tensor[]): tf.Tensor1D {
  const compute = () => tf.tidy(() => tf.concat1d([terms, ...finiteness(gradients)]));
  const recorder = activeRecorder();
  if (!recorder) return compute();
  const given = [terms, ...gradients];
  const shapes = `${given.map(({ shape }) => shape.join()).join(" ")} ${recorder.kept(given)}`;
  const repeatable = repeatables.of(recorder, shapes);
  if (repeatable?.isReady) return repeatable.repeat(given).sums as tf.Tensor1D;
  return repeatable?.isOpen ? (repeatable.note(given, () => ({ sums: compute() })).sums as tf.Tensor1D) : compute();
}

/** The first gradient with a value that is not finite, and that value; `undefined` when there is none. */
async function findNotFinite(
  gradients: readonly LookedAt[],
): Promise<{ readonly name: string; readonly value: number } | undefined> {
  for (const { name, value: held } of gradients) {
    const tensor = tensorOf(held);
    // A step that ends meanwhile counts its tensors, and no variables.
    const gradient = hold(tensor);
    tensor.dispose();
    const value = (await gradient.data()).find((one) => !Number.isFinite(one));
    gradient.dispose();
    if (value !== undefined) return { name, value };
  }
  return undefined;
}
