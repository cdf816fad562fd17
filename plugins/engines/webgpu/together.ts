/**
 * Updates of many tensors by one rule in few runs: an optimiser's step over all weights, averages that follow. What they move
 * lies together in one buffer and comes to lie together in another, so that a run binds these two, and beside them as many
 * gradients as a shader can bind.
 */
import * as tf from "@tensorflow/tfjs";
import {
  bodyOf,
  elementOf,
  type Pointwise,
  ratesBinding,
  runPointwise,
  typesOf,
  workgroup,
} from "./kernels/pointwise.js";
import { bySide, everyOf, sideBySide, sideFields } from "./kernels/side-by-side.js";
import { bytesOf as bytesOfTensor } from "./memory.js";
import { partSize, wholeOf } from "./parts.js";
import type { Parts } from "./parts-of-backend.js";
import type { NumberField, Shader } from "./shader.js";
import type { View } from "./slot.js";

/** What moves values, each to the one of the same place among `writes`. */
export interface Rule extends Omit<Pointwise, "reads"> {
  /** What is moved, as a weight and its momentum. */
  readonly states: readonly string[];
  /** What else is read, as a gradient. */
  readonly reads: readonly string[];
}

/** One use of a rule: its tensors in the rule's order. */
export interface Update {
  readonly states: readonly tf.TensorInfo[];
  readonly reads: readonly tf.TensorInfo[];
  /** They have no buffers yet. */
  readonly writes: readonly tf.TensorInfo[];
  readonly numbers: Readonly<Record<string, number>>;
}

/** Uses of a rule, none of which depends on another. */
export interface Updates {
  readonly rule: Rule;
  readonly updates: readonly Update[];
  /** Of a rule with rates: their tensor, in which each update has a row. */
  readonly rates?: tf.TensorInfo | undefined;
}

/** What a shader can bind. */
export interface Limits {
  readonly buffers: number;
  /** Of one buffer. */
  readonly bytes: number;
}

export function runTogether(parts: Parts, { rule, updates, rates }: Updates, { buffers, bytes }: Limits): void {
  const { memory, dispatcher } = parts;
  const shared = rates ? [rates] : [];
  const most = Math.max(1, Math.floor((buffers - 2 - shared.length) / rule.reads.length));
  for (const chunk of chunksOf(updates, bytes)) {
    if (chunk.length === 1 && bytesOf(chunk[0] as Update) > bytes) {
      runApart(parts, rule, chunk[0] as Update, shared);
      continue;
    }
    const next = memory.divide(chunk.flatMap(({ writes }) => writes.map((tensor) => parts.dataOf(tensor))));
    const now = wholeOfStates(
      parts,
      chunk.flatMap(({ states }) => states),
    );
    if (!now) {
      for (const update of chunk) runApart(parts, rule, update, shared);
      continue;
    }
    let place = 0;
    for (let at = 0; at < chunk.length; at += most) {
      const some = chunk.slice(at, at + most);
      const reads = [...some.flatMap((update) => update.reads), ...shared].map((tensor) => viewOf(parts, tensor));
      const { numbers, groups } = numbersOf(some, place);
      dispatcher.encode(shaderFor(rule, some.length), [now, ...reads, next], numbers, [groups, 1, 1]);
      place += some.reduce((sum, update) => sum + bytesOf(update), 0) / 16;
    }
  }
}

/** What these lie in together, as they do once they were updated together. */
function wholeOfStates(parts: Parts, tensors: readonly tf.TensorInfo[]): View | undefined {
  const slots = tensors.map((tensor) => viewOf(parts, tensor).slot);
  const whole = wholeOf(slots);
  if (!whole) return undefined;
  parts.dispatcher.witness?.gathered(whole, slots, tensors.map(bytesOfTensor));
  return { slot: whole, bytes: whole.size };
}

function viewOf({ memory, dataOf }: Parts, tensor: tf.TensorInfo): View {
  const data = dataOf(tensor);
  memory.provide(data);
  return memory.viewOf(data);
}

/** Neighbours whose states can be bound at once. */
function chunksOf(updates: readonly Update[], mostBytes: number): readonly (readonly Update[])[] {
  const chunks: Update[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const update of updates) {
    const own = bytesOf(update);
    if (bytes + own > mostBytes) {
      chunks.push([]);
      bytes = 0;
    }
    chunks[chunks.length - 1]?.push(update);
    bytes += own;
  }
  return chunks;
}

/** Of the states, as they are laid. */
function bytesOf({ states }: Update): number {
  return states.length * partSize(sizeOf(states[0] as tf.TensorInfo) * 4);
}

function sizeOf({ shape }: tf.TensorInfo): number {
  return tf.util.sizeFromShape(shape);
}

/** One whose states do not lie together, or are too large to be bound as one. */
function runApart(
  parts: Parts,
  rule: Rule,
  { states, reads, writes, numbers }: Update,
  shared: readonly tf.TensorInfo[],
): void {
  for (const tensor of writes) parts.memory.provide(parts.dataOf(tensor));
  const apart = { ...rule, name: `${rule.name}/apart`, reads: [...rule.states, ...rule.reads] };
  runPointwise(parts, apart, [...states, ...reads, ...shared], writes, numbers);
}

/**
 * Of updates side by side, the states of each from a `place` on.
 *
 * @param place of the first, in vectors of four
 */
function numbersOf(updates: readonly Update[], place: number) {
  const { numbers, groups } = sideBySide(
    updates.map(({ states }) => {
      const size = Math.ceil(sizeOf(states[0] as tf.TensorInfo) / 4);
      return { size, wanted: Math.ceil(size / workgroup) };
    }),
  );
  let from = place;
  for (const [at, update] of updates.entries()) {
    for (const [name, value] of Object.entries({ place: from, ...update.numbers })) numbers[`${name}${at}`] = value;
    from += bytesOf(update) / 16;
  }
  return { numbers, groups };
}

/** By the number of updates. */
const shaders = new WeakMap<Rule, Shader[]>();

function shaderFor(rule: Rule, count: number): Shader {
  const known = shaders.get(rule) ?? [];
  shaders.set(rule, known);
  known[count] ??= shaderOf(rule, count);
  return known[count];
}

/** Vectors of four in the smallest part. */
const unit = partSize(1) / 16;

function shaderOf(rule: Rule, count: number): Shader {
  const { name, reads, numbers = [], rates, declarations = "" } = rule;
  const each = Array.from({ length: count }, (_, at) => at);
  const element = elementOf(4);
  const fields: NumberField[] = [...sideFields, { name: "place", type: "u32" }, ...numbers];
  return {
    key: `${name}/together/${count}`,
    reads: [
      { name: "states", element },
      ...each.flatMap((at) => reads.map((read) => ({ name: `${read}Values${at}`, element }))),
      ...(rates ? [ratesBinding] : []),
    ],
    writes: [{ name: "moved", element }],
    numbers: each.flatMap((at) => fields.map((field) => ({ ...field, name: `${field.name}${at}` }))),
    workgroup: [workgroup, 1, 1],
    text: () => ({
      declarations: `${typesOf(4)}\n${declarations}`,
      main: each.map((at) => partOf(rule, at)).join("\n"),
    }),
  };
}

function partOf(rule: Rule, at: number): string {
  const { states, reads, writes } = rule;
  const own = [
    ...states.map((state, index) => `let ${state} = states[first + ${index}u * stride + i];`),
    ...reads.map((read) => `let ${read} = ${read}Values${at}[i];`),
    ...writes.map((write) => `var ${write}: V;`),
    bodyOf(rule, at),
    ...writes.map((write, index) => `moved[first + ${index}u * stride + i] = ${write};`),
  ];
  return bySide(
    at,
    `let first = numbers.place${at};
    let stride = (numbers.size${at} + ${unit - 1}u) / ${unit}u * ${unit}u;
    ${everyOf(at, `i < numbers.size${at}`, own.join("\n      "))}`,
  );
}
