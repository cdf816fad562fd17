/** The names of a file's tensors, held against those of a model: what tools put before them, and how they are shown. */
import { printable } from "../values/words.js";

/** What training tools put before every name of a whole checkpoint, one of them, or several in any order. */
const prefixes = ["module.", "model.", "state_dict.", "_orig_mod."];

/** More than any chain of tools puts there; a hostile name could go on for megabytes. */
const mostPrefixes = 8;

const longestShown = 80;
const mostShown = 6;

/** Which tensor of a file is which of a model. */
export interface MatchedNames {
  /** By the model's name, the file's. */
  readonly given: ReadonlyMap<string, string>;
  /** Of these, the model's names that the file, its prefixes apart, calls otherwise. */
  readonly renamed: readonly string[];
  /** The file's names that the model has no place for, or that gave way to an exact one. */
  readonly unexpected: readonly string[];
  /** By the model's name: the file's, two or more, none of which is exact. */
  readonly ambiguous: ReadonlyMap<string, readonly string[]>;
}

/** A name of a file that comes to one of the model's, and by which way: names that came by one way are one set of weights. */
interface Claim {
  readonly name: string;
  readonly short: string;
  /** The prefix, and whether the rest was renamed. Empty: the model's own name. */
  readonly way: string;
}

/** Behind the prefix in a {@link Claim}'s `way`; no prefix has it. */
const otherwise = "\0";

/**
 * Prefixes are taken off until a name is one of the model's, or one that `rename` knows. Of two names that become one the exact
 * one wins, and with it all that are exact: what came the loser's way, from behind the same prefix or from other names, is another
 * set of the same weights, and is not mixed with it.
 *
 * @param own whether the model has a tensor of this name
 * @param rename the model's name for a name of another origin. Default: there are none
 */
export function matchNames(
  names: Iterable<string>,
  own: { has(name: string): boolean },
  rename: (name: string) => string = (name) => name,
): MatchedNames {
  const claims = new Map<string, Claim[]>();
  const unexpected: string[] = [];
  for (const name of names) {
    const claim = claimOf(name, own, rename);
    const others = claim && claims.get(claim.short);
    if (claim === undefined) unexpected.push(name);
    else if (others) others.push(claim);
    else claims.set(claim.short, [claim]);
  }
  const contested = [...claims.values()].filter((claim) => claim.length > 1);
  const losers = new Set(
    contested.filter((claim) => claim.some(({ way }) => way === "")).flatMap((claim) => claim.map(({ way }) => way)),
  );
  losers.delete("");
  const given = new Map<string, string>();
  const renamed: string[] = [];
  const ambiguous = new Map<string, readonly string[]>();
  for (const [short, claim] of claims) {
    const left = claim.filter(({ way }) => !losers.has(way));
    unexpected.push(...claim.filter(({ way }) => losers.has(way)).map(({ name }) => name));
    const [first, second] = left;
    if (second)
      ambiguous.set(
        short,
        left.map(({ name }) => name),
      );
    else if (first) {
      given.set(short, first.name);
      if (first.way.endsWith(otherwise)) renamed.push(short);
    }
  }
  return { given, renamed, unexpected, ambiguous };
}

/** The model's name in a file's name; `undefined` where there is none. */
function claimOf(
  name: string,
  own: { has(name: string): boolean },
  rename: (name: string) => string,
): Claim | undefined {
  let rest = name;
  for (let taken = 0; taken <= mostPrefixes; taken++) {
    const before = name.slice(0, name.length - rest.length);
    if (own.has(rest)) return { name, short: rest, way: before };
    const short = rename(rest);
    if (own.has(short)) return { name, short, way: before + otherwise };
    const prefix = prefixes.find((candidate) => rest.startsWith(candidate));
    if (prefix === undefined) return undefined;
    rest = rest.slice(prefix.length);
  }
  return undefined;
}

/** Of a stranger's file: on one line, in quotation marks, and no longer than a name needs to be known again. */
export function quoted(name: string): string {
  const short = name.length > longestShown ? `${name.slice(0, longestShown - 1)}…` : name;
  // JSON has a word for each line break; what is left of control characters is named by its number.
  return printable(JSON.stringify(short));
}

/** A few names, and how many there are beside; those that are none of a usual weight are quoted. */
export function listed(names: readonly string[], most = mostShown): string {
  const shown = names.slice(0, most).map((name) => (/^[\w.-]{1,80}$/.test(name) ? name : quoted(name)));
  return names.length > most ? `${shown.join(", ")} and ${names.length - most} more` : shown.join(", ");
}

/** What the names of a file look like, for whoever has to find out what it is of. */
export function looks(names: readonly string[]): string {
  if (names.length === 0) return "the file has no tensors at all";
  const start = commonStart(names);
  const all = start === "" || names.length < 2 ? "" : `, and all begin with ${quoted(start)}`;
  return `the file's own names look like ${names.slice(0, 3).map(quoted).join(", ")}${all}`;
}

/** Up to a dot: half a word says nothing. */
function commonStart(names: readonly string[]): string {
  const [first = ""] = names;
  let length = first.length;
  for (const name of names)
    while (length > 0 && !name.startsWith(first.slice(0, length))) length = first.lastIndexOf(".", length - 2) + 1;
  return first.slice(0, first.lastIndexOf(".", length - 1) + 1);
}
