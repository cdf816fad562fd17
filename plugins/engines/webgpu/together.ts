/**
 * Small updates, run several at a time: steps of an optimiser over all weights, averages that follow. Nobody asks for their
 * results at once, so they wait until there are as many as a shader can bind, or until something depends on one.
 */
import * as tf from "@tensorflow/tfjs";
import { elementOf, mostGroups, type Pointwise, typesOf, workgroup } from "./kernels/pointwise.js";
import type { Dispatch, NumberField, Shader } from "./shader.js";

interface Update {
  readonly reads: readonly tf.TensorInfo[];
  /** Nobody else has written them. */
  readonly writes: readonly tf.TensorInfo[];
  readonly numbers: Readonly<Record<string, number>>;
}

/** What waiting needs of a backend. */
interface Owner {
  run(dispatch: Dispatch): void;
  /** Keeps the values of a tensor although it is disposed of. */
  incRef(dataId: object): void;
  letGo(tensor: tf.TensorInfo): void;
}

export class Waiting {
  #rule: Pointwise | undefined;
  #updates: Update[] = [];
  readonly #read = new Set<object>();
  readonly #written = new Set<object>();

  /** @param buffers that a shader can bind */
  constructor(
    private readonly owner: Owner,
    private readonly buffers: number,
  ) {}

  add(rule: Pointwise, { reads, writes, numbers }: Update): void {
    // A variable may be given other values before this runs: what counts is what it has now.
    const update = { reads: reads.map(infoOf), writes, numbers };
    if (this.#rule !== rule) this.settle();
    this.settleFor(update.reads, update.writes);
    this.#rule = rule;
    this.#updates.push(update);
    for (const { dataId } of update.reads) this.#read.add(dataId);
    for (const { dataId } of update.writes) this.#written.add(dataId);
    for (const { dataId } of tensorsOf(update)) this.owner.incRef(dataId);
    if ((this.#updates.length + 1) * (rule.reads.length + rule.writes.length) > this.buffers) this.settle();
  }

  /** To be called before tensors are read or written: what waits is run first if it has to do with them. */
  settleFor(reads: readonly tf.TensorInfo[], writes: readonly tf.TensorInfo[]): void {
    if (this.#updates.length === 0) return;
    const isMade = reads.some(({ dataId }) => this.#written.has(dataId));
    if (isMade || writes.some(({ dataId }) => this.#read.has(dataId) || this.#written.has(dataId))) this.settle();
  }

  /** Runs what waits. */
  settle(): void {
    const [rule, updates] = [this.#rule, this.#updates];
    this.#updates = [];
    this.#read.clear();
    this.#written.clear();
    if (!rule || updates.length === 0) return;
    this.owner.run(dispatchOf(rule, updates));
    // Whoever disposed of a tensor meanwhile left the rest to us.
    for (const tensor of updates.flatMap(tensorsOf)) this.owner.letGo(tensor);
  }
}

function infoOf({ dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo {
  return { dataId, shape, dtype };
}

function tensorsOf({ reads, writes }: Update): readonly tf.TensorInfo[] {
  return [...reads, ...writes];
}

/** Each update has workgroups of its own, from `begin` on. */
function dispatchOf(rule: Pointwise, updates: readonly Update[]): Dispatch {
  const numbers: Record<string, number> = {};
  let begin = 0;
  for (const [at, update] of updates.entries()) {
    const size = Math.ceil(tf.util.sizeFromShape((update.writes[0] as tf.TensorInfo).shape) / 4);
    const groups = Math.min(Math.ceil(size / workgroup), Math.floor(mostGroups / updates.length));
    const own = { size, begin, groups, ...update.numbers };
    for (const [name, value] of Object.entries(own)) numbers[`${name}${at}`] = value;
    begin += groups;
  }
  return {
    shader: shaderFor(rule, updates.length),
    reads: updates.flatMap(({ reads }) => reads),
    writes: updates.flatMap(({ writes }) => writes),
    numbers,
    groups: [begin, 1, 1],
  };
}

/** By the number of updates. */
const shaders = new WeakMap<Pointwise, Shader[]>();

function shaderFor(rule: Pointwise, count: number): Shader {
  const known = shaders.get(rule) ?? [];
  shaders.set(rule, known);
  known[count] ??= shaderOf(rule, count);
  return known[count];
}

function shaderOf({ name, reads, writes, numbers = [], declarations = "", body }: Pointwise, count: number): Shader {
  const each = Array.from({ length: count }, (_, at) => at);
  const element = elementOf(4);
  const bound = (names: readonly string[]) =>
    each.flatMap((at) => names.map((one) => ({ name: `${one}Values${at}`, element })));
  const fields: NumberField[] = [
    ...["size", "begin", "groups"].map((field) => ({ name: field, type: "u32" as const })),
    ...numbers,
  ];
  return {
    key: `${name}/together/${count}`,
    reads: bound(reads),
    writes: bound(writes),
    numbers: each.flatMap((at) => fields.map((field) => ({ ...field, name: `${field.name}${at}` }))),
    workgroup: [workgroup, 1, 1],
    text: () => ({
      declarations: `${typesOf(4)}\n${declarations}`,
      main: each
        .map((at) => {
          const own = [
            ...reads.map((read) => `let ${read} = ${read}Values${at}[i];`),
            ...writes.map((write) => `var ${write}: V;`),
            body.replace(/numbers\.(\w+)/g, `numbers.$1${at}`),
            ...writes.map((write) => `${write}Values${at}[i] = ${write};`),
          ];
          return `  if (group.x >= numbers.begin${at} && group.x < numbers.begin${at} + numbers.groups${at}) {
    let first = (group.x - numbers.begin${at}) * ${workgroup}u + lane;
    for (var i = first; i < numbers.size${at}; i += numbers.groups${at} * ${workgroup}u) {
      ${own.join("\n      ")}
    }
  }`;
        })
        .join("\n"),
    }),
  };
}
