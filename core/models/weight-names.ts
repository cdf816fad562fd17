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
  /** The file's names that the model has no place for, or that gave way to an exact one. */
  readonly unexpected: readonly string[];
  /** By the model's name: the file's, two or more, none of which is exact. */
  readonly ambiguous: ReadonlyMap<string, readonly string[]>;
}

/**
 * Prefixes are taken off until a name is one of the model's. Of two names that become one the exact one wins, and with it all
 * that stand without a prefix: what stands behind the prefix of the loser is another set of the same weights, and is not mixed
 * with it.
 *
 * @param own whether the model has a tensor of this name
 */
export function matchNames(names: Iterable<string>, own: { has(name: string): boolean }): MatchedNames {
  const claims = new Map<string, { readonly name: string; readonly prefix: string }[]>();
  const unexpected: string[] = [];
  for (const name of names) {
    const short = withoutPrefixes(name, own);
    if (short === undefined) {
      unexpected.push(name);
      continue;
    }
    const claim = claims.get(short) ?? [];
    claim.push({ name, prefix: name.slice(0, name.length - short.length) });
    claims.set(short, claim);
  }
  const contested = [...claims.values()].filter((claim) => claim.length > 1);
  const losers = new Set(
    contested
      .filter((claim) => claim.some(({ prefix }) => prefix === ""))
      .flatMap((claim) => claim.map(({ prefix }) => prefix)),
  );
  losers.delete("");
  const given = new Map<string, string>();
  const ambiguous = new Map<string, readonly string[]>();
  for (const [short, claim] of claims) {
    const left = claim.filter(({ prefix }) => !losers.has(prefix)).map(({ name }) => name);
    unexpected.push(...claim.filter(({ prefix }) => losers.has(prefix)).map(({ name }) => name));
    if (left.length > 1) ambiguous.set(short, left);
    else if (left[0] !== undefined) given.set(short, left[0]);
  }
  return { given, unexpected, ambiguous };
}

/** The model's name in a file's name; `undefined` where there is none. */
function withoutPrefixes(name: string, own: { has(name: string): boolean }): string | undefined {
  let rest = name;
  for (let taken = 0; taken <= mostPrefixes; taken++) {
    if (own.has(rest)) return rest;
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
