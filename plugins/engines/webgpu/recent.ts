/** A bounded map that forgets what was longest without use. */

/**
 * Keeps two generations: what is asked for moves to the young one, and when that is full, the old one is forgotten. So an
 * entry in use among less than `size` others stays, and asking costs no more than one or two lookups.
 */
export class Recent<K, V> {
  #young = new Map<K, V>();
  #old = new Map<K, V>();

  constructor(private readonly size: number) {}

  get(key: K): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: K, value: V): void {
    if (this.#young.size >= this.size) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }
}
