/** Operands of products as bf16, and the same numbers as floats where the processor has no units for them. */
import type * as tf from "@tensorflow/tfjs";
import type { Stored, Values } from "./addon.js";
import type { OnednnBackend } from "./backend.js";

/** What `use` returns, of the values as bf16; those of a tensor that is kept as floats are rounded for it alone. */
export function asBf16<T>(backend: OnednnBackend, infos: readonly tf.TensorInfo[], use: (values: Stored[]) => T): T {
  const rounded: Uint16Array[] = [];
  const values = infos.map((info) => {
    const stored = backend.stored(info);
    if (stored instanceof Uint16Array) return stored;
    const made = backend.takeBf16(stored.length);
    rounded.push(made);
    backend.addon.roundToBf16(stored, made);
    return made;
  });
  try {
    return use(values);
  } finally {
    for (const made of rounded) backend.giveBack(made);
  }
}

/** What `use` returns, of the values as floats that bf16 has. */
export function asRoundedFloats<T>(
  backend: OnednnBackend,
  infos: readonly tf.TensorInfo[],
  use: (values: Values[]) => T,
): T {
  const values = infos.map((info) => {
    const stored = backend.stored(info);
    const made = backend.take("float32", stored.length);
    if (stored instanceof Uint16Array) backend.addon.widenBf16(stored, made);
    else backend.addon.roundToBf16(stored, made);
    return made;
  });
  try {
    return use(values);
  } finally {
    for (const made of values) backend.giveBack(made);
  }
}

/** Has `write` fill the values of a tensor as floats; one that is kept as bf16 is rounded from them. */
export function writeFloats(backend: OnednnBackend, info: tf.TensorInfo, write: (values: Values) => void): void {
  const stored = backend.stored(info);
  if (!(stored instanceof Uint16Array)) {
    write(stored);
    return;
  }
  const made = backend.take("float32", stored.length);
  try {
    write(made);
    backend.addon.roundToBf16(made, stored);
  } finally {
    backend.giveBack(made);
  }
}
