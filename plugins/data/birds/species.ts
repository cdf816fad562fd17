/** The kinds of birds: what they differ in, and nothing else. */

/** The four parts that tell the kinds apart. */
export type PartName = "beak" | "wing" | "tail" | "eye";

export type Beak = "cone" | "straight" | "dagger" | "sickle" | "upturned" | "hook";
export type Wing = "plain" | "one bar" | "two bars" | "patch";
export type Tail = "square" | "forked" | "pointed" | "fan";
type Eye = "plain" | "ring" | "brow";

export interface Species {
  readonly beak: Beak;
  readonly wing: Wing;
  readonly tail: Tail;
  readonly eye: Eye;
}

const BEAKS: readonly Beak[] = ["cone", "dagger", "sickle", "hook", "straight", "upturned"];
const WINGS: readonly Wing[] = ["plain", "one bar", "two bars", "patch"];
const TAILS: readonly Tail[] = ["square", "forked", "pointed", "fan"];
const EYES: readonly Eye[] = ["plain", "ring", "brow"];

/** As many as there are combinations of beak and wing. */
export const MOST_SPECIES = BEAKS.length * WINGS.length;

/**
 * A kind by its number, from 0. Any two differ in at least two of the four parts, so that no single part is needed, and
 * no part alone is enough.
 */
export function speciesAt(index: number): Species {
  const beak = index % BEAKS.length;
  const round = Math.floor(index / BEAKS.length);
  return {
    beak: BEAKS[beak] as Beak,
    wing: WINGS[(beak + round) % WINGS.length] as Wing,
    tail: TAILS[(2 * beak + round) % TAILS.length] as Tail,
    eye: EYES[(beak + Math.floor(beak / 3) + round) % EYES.length] as Eye,
  };
}

/** For people: "hook beak, two bars, forked tail, eye ring". */
export function speciesName({ beak, wing, tail, eye }: Species): string {
  const wings = wing === "plain" ? "plain wing" : wing === "patch" ? "wing patch" : wing;
  const eyes = eye === "plain" ? "plain eye" : eye === "ring" ? "eye ring" : "brow";
  return `${beak} beak, ${wings}, ${tail} tail, ${eyes}`;
}
