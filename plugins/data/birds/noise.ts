/** Smooth noise that is a function of place and seed: no state, the same everywhere. */

/** Noise in `[0, 1]` over the picture; coordinates in fractions of its side, 0 to 1. */
export type Noise = (x: number, y: number) => number;

/** Value noise with two octaves, whose features are `1 / scale` of the picture wide. */
export function createNoise(scale: number, seed: number): Noise {
  const coarse = createOctave(scale, seed);
  const fine = createOctave(2 * scale, seed + 1);
  return (x, y) => 0.65 * coarse(x, y) + 0.35 * fine(x, y);
}

/** A uniform number in `[0, 1)` for a pair of whole numbers. */
export function hashAt(x: number, y: number, seed: number): number {
  return hashBits(x, y, seed) / 2 ** 32;
}

/** Triangular noise in `(−1, 1)`, mean 0: the grain of one value of one pixel. */
export function grainAt(index: number, seed: number): number {
  const bits = hashBits(index, 0, seed);
  return ((bits >>> 16) - (bits & 0xffff)) / 2 ** 16;
}

function hashBits(x: number, y: number, seed: number): number {
  let h = Math.imul(x, 0x27d4eb2d) ^ Math.imul(y, 0x165667b1) ^ Math.imul(seed, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function createOctave(scale: number, seed: number): Noise {
  const side = Math.ceil(scale) + 2;
  const lattice = new Float32Array(side * side);
  for (let row = 0, i = 0; row < side; row++) {
    for (let column = 0; column < side; column++) lattice[i++] = hashAt(column, row, seed);
  }
  return (x, y) => {
    const column = Math.floor(x * scale);
    const row = Math.floor(y * scale);
    const u = ease(x * scale - column);
    const v = ease(y * scale - row);
    const i = row * side + column;
    const top = (lattice[i] as number) * (1 - u) + (lattice[i + 1] as number) * u;
    const bottom = (lattice[i + side] as number) * (1 - u) + (lattice[i + side + 1] as number) * u;
    return top * (1 - v) + bottom * v;
  };
}

function ease(t: number): number {
  return t * t * (3 - 2 * t);
}
