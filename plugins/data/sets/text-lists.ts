/** Lists that a set consists of, one fact a line: an id, and after the first space what it stands for. */
import { join } from "node:path";
import { invalidData, suggest } from "../../../core/index.js";
import { cutAtSpace, isFile, readLines } from "./text.js";

/** What to do about a list that is not as published. */
export const getWhole = "Take it from the set's archive once more.";

/** A list, by id; ids are in the order of its lines. */
export type TextList = ReadonlyMap<string, string>;

/** @throws FGKD_INVALID_DATA for a missing list, a line without its second part, an id that comes twice; FGKD_PATH */
export async function readPairs(root: string, name: string, names: Iterable<string> = []): Promise<TextList> {
  const path = join(root, name);
  const pairs = new Map<string, string>();
  for (const line of await requireLines(root, name, names)) {
    const [id, rest] = cutAtSpace(line);
    if (rest.trim() === "") throw invalidData(path, `"${line}" says nothing of ${id}`, getWhole);
    if (pairs.has(id)) throw invalidData(path, `${id} has two lines`, getWhole);
    pairs.set(id, rest.trim());
  }
  return pairs;
}

/** Lines without what ends them, and without a mark of byte order. @throws FGKD_INVALID_DATA when the list is missing; FGKD_PATH */
export async function requireLines(
  root: string,
  name: string,
  names: Iterable<string> = [],
): Promise<readonly string[]> {
  const path = join(root, name);
  if (!(await isFile(path))) throw missingList(root, name, names);
  const lines = await readLines(path);
  if (lines.length === 0) throw invalidData(path, "is empty", getWhole);
  return lines.map((line) => line.replace(/^\ufeff/, ""));
}

/** @param names of what lies there: one that is much like it may be it */
export function missingList(root: string, name: string, names: Iterable<string> = []) {
  return invalidData(root, `${name} is missing`, `${getWhole}${suggest(name, [...names])}`);
}

/** Of an id that one list has, what another says. @throws FGKD_INVALID_DATA when it says nothing */
export function lookUpIn(list: TextList, root: string, name: string): (id: string) => string {
  return (id) => {
    const found = list.get(id);
    if (found === undefined) throw invalidData(join(root, name), `says nothing of ${id}`, getWhole);
    return found;
  };
}

/** Numbers between spaces. @throws FGKD_INVALID_DATA when there are not that many */
export function numbersOf(text: string, count: number, path: string): readonly number[] {
  const numbers = text.trim().split(/\s+/).map(Number);
  if (numbers.length !== count || !numbers.every(Number.isFinite))
    throw invalidData(path, `"${text}" are not ${count} numbers`, getWhole);
  return numbers;
}

/** A path of a list, which may not lead out of the set. @throws FGKD_INVALID_DATA */
export function pathWithin(path: string, list: string): string {
  const plain = path.replaceAll("\\", "/");
  if (plain.startsWith("/") || /^[a-z]:/i.test(plain) || plain.split("/").includes(".."))
    throw invalidData(list, `"${path}" leads out of the data set`, getWhole);
  return plain;
}
