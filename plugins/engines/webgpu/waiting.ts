/**
 * Small updates that wait for others of their kind: averages that follow, layer after layer. Nobody asks for their results at
 * once, so they are run together, when something depends on one of them or when there are many.
 */
import type * as tf from "@tensorflow/tfjs";
import type { Parts } from "./parts-of-backend.js";
import { type Limits, type Rule, runTogether, type Update, type Updates } from "./together.js";

/** Updates that wait at most. */
const most = 256;

export class Waiting {
  #rule: Rule | undefined;
  #updates: Update[] = [];
  readonly #read = new Set<object>();
  readonly #written = new Set<object>();

  constructor(
    private readonly parts: Parts,
    private readonly limits: Limits,
  ) {}

  add(rule: Rule, { states, reads, writes, numbers }: Update): void {
    // A variable may be given other values before this runs: what counts is what it has now.
    const update = { states: states.map(infoOf), reads: reads.map(infoOf), writes: writes.map(infoOf), numbers };
    if (this.#rule !== rule || this.#updates.length === most) this.settle();
    const read = [...update.states, ...update.reads];
    this.settleFor(read, update.writes);
    this.#rule = rule;
    this.#updates.push(update);
    for (const { dataId } of read) this.#read.add(dataId);
    for (const { dataId } of update.writes) this.#written.add(dataId);
    for (const tensor of tensorsOf(update)) this.parts.hold(tensor);
  }

  /** Runs them at once. */
  run(all: Updates): void {
    for (const { states, reads } of all.updates) this.settleFor([...states, ...reads], []);
    runTogether(this.parts, all, this.limits);
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
    runTogether(this.parts, { rule, updates }, this.limits);
    // Whoever disposed of a tensor meanwhile left the rest to us.
    for (const tensor of updates.flatMap(tensorsOf)) this.parts.letGo(tensor);
  }
}

function infoOf({ dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo {
  return { dataId, shape, dtype };
}

function tensorsOf({ states, reads, writes }: Update): readonly tf.TensorInfo[] {
  return [...states, ...reads, ...writes];
}
