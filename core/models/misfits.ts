/** What of a file of weights does not fit a model, as a table. */
import { closest, distance } from "fastest-levenshtein";
import { quoted } from "./weight-names.js";

/** A name, the shape in the file and that in the model, whichever there are. */
export interface Misfit {
  readonly name: string;
  readonly theirs?: readonly number[] | undefined;
  readonly ours?: readonly number[] | undefined;
}

/** Names of a usual weight. Others are a stranger's, and are counted but not shown. */
const usual = /^[\w.-]{1,80}$/;

/** So many names of the file are compared with one that is missing. */
const mostCompared = 2000;

/**
 * A line for each: whether it is missing in the file, of another shape there, or unexpected; its shapes; and for what is missing the
 * name in the file that is nearest.
 *
 * @param most lines of each kind
 * @returns lines that are set in, without a break at the end; none where the file's names are no weights'
 */
export function misfitTable(misfits: readonly Misfit[], most: number): string {
  const missing = misfits.filter(({ theirs }) => !theirs);
  const unexpected = misfits.filter(({ ours }) => !ours);
  const mismatched = misfits.filter(({ theirs, ours }) => theirs && ours);
  const candidates = unexpected
    .map(({ name }) => name)
    .filter((name) => usual.test(name))
    .slice(0, mostCompared);
  // Of a file whose names are no weights', that is told already, and there is nothing to compare with.
  if (unexpected.length > 0 && candidates.length + mismatched.length === 0) return "";
  return [
    ...lines("missing", missing, most, ({ name, ours }) => `${shapeOf(ours)}${nearest(name, candidates)}`),
    ...lines("mismatched", mismatched, most, ({ theirs, ours }) => `${shapeOf(ours)}, in the file ${shapeOf(theirs)}`),
    ...lines("unexpected", unexpected, most, ({ theirs }) => shapeOf(theirs)),
  ].join("\n");
}

function lines(
  kind: string,
  misfits: readonly Misfit[],
  most: number,
  describe: (misfit: Misfit) => string,
): readonly string[] {
  const shown = misfits.filter(({ name }) => usual.test(name)).slice(0, most);
  const rest = misfits.length - shown.length;
  const width = Math.max(0, ...shown.map(({ name }) => name.length));
  return [
    ...shown.map((misfit) => `  ${kind.padEnd(10)}  ${misfit.name.padEnd(width)}  ${describe(misfit)}`),
    ...(rest > 0 ? [`  ${kind.padEnd(10)}  and ${rest} more`] : []),
  ];
}

function nearest(name: string, candidates: readonly string[]): string {
  if (candidates.length === 0) return "";
  const found = closest(name, candidates);
  return distance(name, found) <= name.length / 2 ? `, nearest: ${quoted(found)}` : "";
}

function shapeOf(shape: readonly number[] = []): string {
  return `[${shape.join(",")}]`;
}
