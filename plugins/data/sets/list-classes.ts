/** Which classes a list has, and in which order. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { invalidData, named, suggest } from "../../../core/index.js";
import { className } from "../folder/class-names.js";
import { byBytes } from "../folder/listing.js";
import type { Listed } from "./list-file.js";
import { cutAtSpace, readLines } from "./text.js";

/** Files beside a list that name its classes in order. */
const classFiles = ["classes.txt", "class_list.txt"];

export interface ListClasses {
  /** In label order. */
  readonly classes: readonly string[];
  /** As `PublishedSet.order` says it. */
  readonly order: string;
  classOf(image: Listed): string;
}

/**
 * Numbers are labels: the classes follow them, called as the list or `classes.txt` says, else as the number itself. Names follow `classes.txt`, else
 * their bytes, as folders do.
 *
 * @param about the list's path, for messages
 * @throws FGKD_PATH, FGKD_INVALID_DATA
 */
export async function classesOfList(root: string, about: string, images: readonly Listed[]): Promise<ListClasses> {
  for (const { path, label, name } of images)
    if (label === undefined && name === undefined)
      throw invalidData(about, `${path} has no label`, "Add a column label: a number, or the name of its class.");
  const labels = images.map(({ label }) => label).filter((label) => label !== undefined);
  const file = (await readdir(root)).find((name) => classFiles.includes(name.toLowerCase()));
  const isNumbered = labels.length === images.length && labels.every((label) => /^\d+$/.test(label));
  const known = file === undefined ? undefined : { file, lines: await readLines(join(root, file)) };
  return isNumbered ? byNumber(about, images, known) : byName(about, images, known);
}

interface ClassFile {
  readonly file: string;
  readonly lines: readonly string[];
}

function byNumber(about: string, images: readonly Listed[], known: ClassFile | undefined): ListClasses {
  const names = known ? namesOf(about, images, known) : new Map<number, string>();
  for (const { path, label, name } of images) {
    const number = Number(label);
    const before = names.get(number);
    if (!known && name !== undefined && before !== undefined && before !== name) {
      const problem = `label ${number} is "${named(before)}" and, of ${path}, "${named(name)}"`;
      throw invalidData(about, problem, "A label has one name.");
    }
    if (known && before === undefined) {
      const problem = `label ${number} of ${path} is not in ${known.file}, which has ${known.lines.length} classes`;
      throw invalidData(about, problem, `Add it there, or remove ${known.file}.`);
    }
    if (!known) names.set(number, name ?? before ?? String(number));
  }
  const numbers = [...names.keys()].sort((a, b) => a - b);
  const classes = distinct(numbers.map((number) => [number, className(names.get(number) as string)]));
  const positions = new Map(numbers.map((number, position) => [number, position]));
  return {
    classes,
    order: known?.file ?? "the labels",
    classOf: ({ label }) => classes[positions.get(Number(label)) as number] as string,
  };
}

/** By number: of lines "<number> <name>", or of names alone, counted from the smallest label on. */
function namesOf(about: string, images: readonly Listed[], { file, lines }: ClassFile): Map<number, string> {
  const pairs = lines.map((line) => cutAtSpace(line.trim()));
  const numbers = pairs.map(([first]) => (/^\d+$/.test(first) ? Number(first) : Number.NaN));
  const areNumbered = pairs.every(([, rest]) => rest !== "") && new Set(numbers).size === lines.length;
  if (areNumbered && !numbers.some(Number.isNaN))
    return new Map(pairs.map(([, rest], index) => [numbers[index] as number, rest]));
  const largest = images.reduce((most, { label }) => Math.max(most, Number(label)), 0);
  const hasZero = images.some(({ label }) => Number(label) === 0);
  const start = !hasZero && largest === lines.length ? 1 : 0;
  if (largest - start >= lines.length) {
    const problem = `there is a label ${largest}, but ${file} has ${lines.length} classes`;
    throw invalidData(about, problem, `Add the others there, or remove ${file}.`);
  }
  return new Map(lines.map((line, index) => [index + start, line.trim()]));
}

/** Two labels of one name stay two classes. */
function distinct(classes: readonly (readonly [number: number, name: string])[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const [, name] of classes) counts.set(name, (counts.get(name) ?? 0) + 1);
  return classes.map(([number, name]) => (counts.get(name) === 1 ? name : `${name} (${number})`));
}

function byName(about: string, images: readonly Listed[], known: ClassFile | undefined): ListClasses {
  const nameOf = ({ label, name }: Listed) => className(label ?? name ?? "");
  const used = [...new Set(images.map(nameOf))].sort(byBytes);
  if (!known) return { classes: used, order: "their names", classOf: nameOf };
  const classes = known.lines.map((line) => className(line.trim()));
  const stranger = used.find((name) => !classes.includes(name));
  if (stranger === undefined) return { classes, order: known.file, classOf: nameOf };
  const problem = `class "${named(stranger)}" is not in ${known.file}`;
  throw invalidData(about, problem, `${suggest(stranger, classes)} Add it there, or remove ${known.file}.`.trim());
}
