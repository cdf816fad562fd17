/** Which pictures look like one picture: encoded anew, resized, slightly brighter. */
import { groupBy } from "./group-by.js";

/** Side of a squeezed picture, in pixels. */
export const GRID = 9;

/** Bits of a print that may differ, of `2 · 8 · 8`. Every pair within that shares one of the eight words. */
const BITS = 7;
/** Mean difference of squeezed pictures, in grey levels of 255. */
const LEVELS = 8;
/** Grey levels between the darkest and the brightest place, below which there is nothing to compare by. */
const CONTRAST = 16;

const SIDE = GRID - 1;
const WORDS = (2 * SIDE * SIDE) / 16;

/**
 * The difference hash of a picture, to the right and downwards: a bit says whether a place is brighter than its neighbour.
 *
 * @param squeezed `[GRID, GRID, 3]`
 * @returns eight words of 16 bits; `undefined` where all places are about alike
 * @see N. Krawetz, "Kind of Like That", 2013: dHash
 */
function printOf(squeezed: Uint8Array): Uint16Array | undefined {
  const grey = Float32Array.from({ length: GRID * GRID }, (_, place) => {
    const [r, g, b] = squeezed.subarray(place * 3, place * 3 + 3);
    return 0.299 * (r as number) + 0.587 * (g as number) + 0.114 * (b as number);
  });
  if (Math.max(...grey) - Math.min(...grey) < CONTRAST) return undefined;
  const print = new Uint16Array(WORDS);
  let bit = 0;
  for (const step of [1, GRID]) {
    for (let row = 0; row < SIDE; row++) {
      for (let column = 0; column < SIDE; column++, bit++) {
        const place = row * GRID + column;
        if ((grey[place + step] as number) > (grey[place] as number))
          print[bit >> 4] = (print[bit >> 4] as number) | (1 << (bit & 15));
      }
    }
  }
  return print;
}

/**
 * Groups of pictures that look alike, each picture in one group at most; positions ascending.
 *
 * @param squeezed of each picture; `undefined` for those that are not to be compared
 */
export function nearGroups(squeezed: readonly (Uint8Array | undefined)[]): readonly (readonly number[])[] {
  const prints = squeezed.map((one) => one && printOf(one));
  const leader = squeezed.map((_, index) => index);
  const leaderOf = (index: number): number => {
    let at = index;
    while (leader[at] !== at) at = leader[at] as number;
    leader[index] = at;
    return at;
  };
  const join = (one: number, other: number) => {
    const [a, b] = [leaderOf(one), leaderOf(other)];
    leader[Math.max(a, b)] = Math.min(a, b);
  };
  for (let word = 0; word < WORDS; word++) {
    for (const bucket of bucketsOf(prints, word)) {
      for (const [at, one] of bucket.entries()) {
        for (const other of bucket.slice(at + 1)) {
          if (leaderOf(one) === leaderOf(other) || !isClose(prints[one], prints[other])) continue;
          if (difference(squeezed[one] as Uint8Array, squeezed[other] as Uint8Array) <= LEVELS) join(one, other);
        }
      }
    }
  }
  const groups = groupBy(leader.keys(), leaderOf);
  return [...groups.values()].filter(({ length }) => length > 1);
}

/** Those whose prints share a word. */
function bucketsOf(prints: readonly (Uint16Array | undefined)[], word: number): readonly (readonly number[])[] {
  const buckets = new Map<number, number[]>();
  prints.forEach((print, index) => {
    if (!print) return;
    const key = print[word] as number;
    const bucket = buckets.get(key);
    if (bucket) bucket.push(index);
    else buckets.set(key, [index]);
  });
  return [...buckets.values()].filter(({ length }) => length > 1);
}

function isClose(one: Uint16Array | undefined, other: Uint16Array | undefined): boolean {
  let bits = 0;
  for (let word = 0; word < WORDS && bits <= BITS; word++)
    bits += ones((one?.[word] as number) ^ (other?.[word] as number));
  return bits <= BITS;
}

/** How many bits of 16 are set. */
function ones(word: number): number {
  let left = word - ((word >> 1) & 0x5555);
  left = (left & 0x3333) + ((left >> 2) & 0x3333);
  return ((((left + (left >> 4)) & 0x0f0f) * 0x0101) >> 8) & 0x1f;
}

function difference(one: Uint8Array, other: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < one.length; at++) sum += Math.abs((one[at] as number) - (other[at] as number));
  return sum / one.length;
}
