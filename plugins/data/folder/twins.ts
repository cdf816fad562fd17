/** Images that are there twice, byte for byte: in two splits, so that a test measures memory; or in two classes. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type Logger, type Split, splits } from "../../../core/index.js";
import { forEachAtOnce } from "../images/at-once.js";
import type { Candidate } from "./layout.js";

/** Files read whole to be sure. Of more than that, those whose size, start and end are alike count as twins. */
const READ = 200;
/** Files read at a time. */
const AT_ONCE = 4;

/**
 * Warns of images that lie in two splits, and of those that lie in two classes of one split. Only files whose size, start
 * and end are the same are read.
 *
 * @param hashes of each candidate: two files whose hashes differ have other bytes; empty where a file was not opened
 */
export async function tellTwins(
  root: string,
  candidates: readonly Candidate[],
  hashes: readonly string[],
  logger: Logger,
): Promise<void> {
  const alike = await confirmed(root, groupsOf(candidates, hashes));
  for (const [index, split] of splits.entries()) {
    for (const other of splits.slice(index + 1)) {
      const pairs = alike.flatMap((group) => pairsOf(group, split, other));
      const [first] = pairs;
      if (!first) continue;
      const many = pairs.length === 1 ? "1 image is" : `${pairs.length} images are`;
      logger.warn(
        `${many} in the ${split} split and in the ${other} split, byte for byte (${first[0].path} and ${first[1].path}): what is measured on such images says too much of the model. Remove them from one of the two.`,
      );
    }
  }
  const torn = alike.filter((group) => new Set(group.map(({ className }) => className)).size > 1);
  const [first] = torn;
  if (!first) return;
  const [one] = first as [Candidate, ...Candidate[]];
  const other = first.find(({ className }) => className !== one.className) as Candidate;
  const many = torn.length === 1 ? "1 image is" : `${torn.length} images are`;
  logger.warn(`${many} in two classes, byte for byte (${one.path} and ${other.path}): one of the labels is wrong.`);
}

/** Those in the second split that are in the first, too, each with its twin. */
function pairsOf(group: readonly Candidate[], split: Split, other: Split): readonly [Candidate, Candidate][] {
  const twin = group.find((one) => one.split === split);
  return twin ? group.filter((one) => one.split === other).map((one) => [twin, one]) : [];
}

/** Candidates of one hash that are not all of one split and one class. */
function groupsOf(candidates: readonly Candidate[], hashes: readonly string[]): readonly (readonly Candidate[])[] {
  const groups = new Map<string, Candidate[]>();
  candidates.forEach((candidate, index) => {
    const hash = hashes[index] as string;
    // Nobody has looked into it.
    if (hash === "") return;
    const group = groups.get(hash);
    if (group) group.push(candidate);
    else groups.set(hash, [candidate]);
  });
  return [...groups.values()].filter(
    ([first, ...others]) =>
      first && others.some(({ split, className }) => split !== first.split || className !== first.className),
  );
}

/** Splits groups by all of their bytes, as far as is read. */
async function confirmed(
  root: string,
  groups: readonly (readonly Candidate[])[],
): Promise<readonly (readonly Candidate[])[]> {
  let left = READ;
  // A group is read whole or not at all.
  const read = groups.flatMap((group) => {
    left -= group.length;
    return left >= 0 ? group : [];
  });
  const whole = new Map<Candidate, string>();
  await forEachAtOnce(AT_ONCE, read, async (candidate) => {
    const hash = createHash("sha256");
    // What cannot be read any more is nobody's twin.
    const text = await pipeline(createReadStream(join(root, candidate.path)), hash).then(
      () => hash.digest("hex"),
      () => candidate.path,
    );
    whole.set(candidate, text);
  });
  return groups.flatMap((group) =>
    groupsOf(
      group,
      group.map((candidate) => whole.get(candidate) ?? ""),
    ),
  );
}
