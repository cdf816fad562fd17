/** Laying one plain object over another. */

/**
 * `above` laid over `below`; neither is changed. Objects merge key by key, everything else replaces. An object whose
 * `name` differs replaces as a whole, since the options of one backbone or schedule mean nothing to another.
 *
 * @param set told the path of every value taken from `above`
 */
export function merge(below: object, above: object, set: (path: string) => void = () => {}, path = ""): object {
  const merged: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(above)) {
    if (value === undefined) continue;
    const here = path ? `${path}.${key}` : key;
    const old = merged[key];
    merged[key] = isPlain(value) ? merge(isPlain(old) && sameName(old, value) ? old : {}, value, set, here) : value;
    if (!isPlain(value)) set(here);
  }
  return merged;
}

/** Frozen all the way down; returns its argument. */
export function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (typeof inner === "object" && inner !== null) deepFreeze(inner);
  return Object.freeze(value);
}

function isPlain(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function sameName(old: object, value: object): boolean {
  const name = (value as { readonly name?: unknown }).name;
  return name === undefined || name === (old as { readonly name?: unknown }).name;
}
