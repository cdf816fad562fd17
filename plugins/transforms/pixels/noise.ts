/** Normally distributed numbers out of numbers that were drawn uniformly. */

/** One number of N(0, 1) from two of `[0, 1)`. @see Box and Muller, 1958 */
export function normalFrom(one: number, two: number): number {
  return Math.sqrt(-2 * Math.log(1 - one)) * Math.cos(2 * Math.PI * two);
}

/**
 * Endless numbers of N(0, 1) that depend on the seed alone.
 *
 * @param seed uniform in `[0, 1)`
 * @see Steele and others, "Fast splittable pseudorandom number generators", 2014: its finaliser over a counter
 */
export function* normalNumbers(seed: number): Generator<number, never> {
  let state = Math.floor(seed * 2 ** 32) | 0;
  const uniform = () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
  for (;;) yield normalFrom(uniform(), uniform());
}
