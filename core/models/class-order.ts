/** The classes that a file of weights was made for, held against those of the data. */
import type { NamedArray } from "../values/named-array.js";
import { listed } from "./weight-names.js";

/**
 * - `order`: the file's row for each class of the data; `undefined` where they stand in the same order already;
 * - `problem`: what is to be said of the classifier in the file, of which no row can be trusted.
 */
export type ClassMatch = { readonly order: readonly number[] | undefined } | { readonly problem: string };

const twice = "names one of its classes twice";

/**
 * Classes are the same by name, however a file system spells its letters (NFC or NFD).
 *
 * @param ours of the data, in label order
 * @param theirs of the file, in the order of its classifier's rows
 */
export function matchClasses(ours: readonly string[], theirs: readonly string[]): ClassMatch {
  const rows = new Map(theirs.map((name, row) => [name.normalize("NFC"), row]));
  const wanted = ours.map((name) => name.normalize("NFC"));
  const others = [...rows.keys()].filter((name) => !wanted.includes(name));
  const lacking = wanted.filter((name) => !rows.has(name));
  // ImageNet has two cranes. Place by place, they are told apart.
  if (theirs.length === ours.length && theirs.every((name, row) => name.normalize("NFC") === wanted[row]))
    return { order: undefined };
  const isTwice = rows.size < theirs.length;
  if (isTwice && theirs.length === ours.length) return { problem: twice };
  if (others.length + lacking.length > 0) {
    const differences = [
      ...(others.length > 0 ? [`it knows ${listed(others, 3)}, which the data does not have`] : []),
      ...(lacking.length > 0 ? [`the data has ${listed(lacking, 3)}, which it does not know`] : []),
    ];
    return { problem: `was made for other classes: ${differences.join(", and ")}` };
  }
  if (isTwice) return { problem: twice };
  // Each is there: nothing is lacking.
  const order = wanted.map((name) => rows.get(name) as number);
  return { order: order.every((row, index) => row === index) ? undefined : order };
}

/** The array with its rows, one of each class, in another order. */
export function withRows({ shape, data }: NamedArray, order: readonly number[]): NamedArray {
  const length = data.length / order.length;
  const turned = data.slice();
  for (const [row, from] of order.entries())
    turned.set(data.subarray(from * length, (from + 1) * length) as never, row * length);
  return { shape, data: turned };
}
