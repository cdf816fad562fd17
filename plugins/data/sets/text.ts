/** Reads the text files that come with data sets. */
import { readFile, stat } from "node:fs/promises";
import { invalidData, readFailed } from "../../../core/index.js";

/** In bytes: a list of two million images is a quarter of it. */
const LONGEST = 2 ** 29 - 2 ** 20;

/** @throws FGKD_PATH; FGKD_INVALID_DATA for what is longer than any list */
export async function readText(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size <= LONGEST) return await readFile(path, "utf8");
  } catch (error) {
    throw readFailed(path, error);
  }
  throw invalidData(path, `is longer than ${LONGEST} bytes`, "Split it into one list for each of train, val and test.");
}

/** Lines that are not blank, without what ends them. */
export async function readLines(path: string): Promise<readonly string[]> {
  return (await readText(path)).split(/\r?\n/).filter((line) => line.trim() !== "");
}

/** A line's first word, and the rest: `1025794` and `Boeing 737`. */
export function cutAtSpace(line: string): readonly [first: string, rest: string] {
  const at = line.indexOf(" ");
  return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
}

/** Whether there is such a file. */
export async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
