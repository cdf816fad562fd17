/** What is remembered of the kinds of some work, by engine. */
import type { Recorder } from "../ops/recording.js";

export class Kinds<V> {
  readonly #known = new WeakMap<Recorder, Map<string, V>>();

  /** @param most of one engine; work of ever other shapes is not worth remembering */
  constructor(
    private readonly most: number,
    private readonly make: (recorder: Recorder) => V,
  ) {}

  /** @returns that of this kind, made at its first use; `undefined` once there are too many */
  of(recorder: Recorder, kind: string): V | undefined {
    const kinds = this.#known.get(recorder) ?? new Map<string, V>();
    this.#known.set(recorder, kinds);
    if (!kinds.has(kind) && kinds.size < this.most) kinds.set(kind, this.make(recorder));
    return kinds.get(kind);
  }
}
