/** Reads one list of images: CSV, JSONL, JSON as few-shot work publishes it, or plain lines. */
import { basename } from "node:path";
import { invalidData, named, namedList, type Split } from "../../../core/index.js";
import { parseCsv } from "../folder/csv.js";
import { isImageName } from "../folder/listing.js";
import { splitName } from "../folder/split-names.js";
import { type Column, columnOf, columnsOf, expectedColumns } from "./list-columns.js";
import { readText } from "./text.js";

/** An image as a list has it. */
export interface Listed {
  /** With `/`; relative to a folder that is looked for, or absolute. */
  readonly path: string;
  /** A number, or a name. */
  readonly label?: string;
  /** What the label is called, where it is a number. */
  readonly name?: string;
  readonly split?: Split;
}

const LIST_NAME = /\.(csv|tsv|jsonl|ndjson|json|txt)$/i;
const SHAPE = `Expected is a row for each image: ${expectedColumns}.`;

/** Whether a file is called like a list. */
export function isListName(path: string): boolean {
  return LIST_NAME.test(path);
}

/**
 * The images of a list, in its order. Where no row says of which split it is, the file's name does (`train.csv`), or nothing.
 *
 * @throws FGKD_PATH, FGKD_INVALID_DATA
 */
export async function readListFile(path: string): Promise<readonly Listed[]> {
  const text = await readText(path);
  const [, kind = "txt"] = LIST_NAME.exec(path.toLowerCase()) ?? [];
  const images = parsers[kind as keyof typeof parsers](path, text);
  if (images.length === 0) throw invalidData(path, "no image is listed", SHAPE);
  const split = splitName(basename(path).replace(LIST_NAME, ""))?.split;
  return split && images.every((image) => image.split === undefined)
    ? images.map((image) => ({ ...image, split }))
    : images;
}

const parsers = {
  csv: fromTable,
  tsv: fromTable,
  jsonl: fromJsonLines,
  ndjson: fromJsonLines,
  json: fromJson,
  txt: fromLines,
};

/**
 * A header is found by its names. Without one the columns are path, label, split: the first row is no header where its second
 * field is a number, or its first an image.
 */
function fromTable(path: string, text: string): readonly Listed[] {
  const rows = parseCsv(path, text);
  const [first = []] = rows;
  const isHeadless = isImageName(first[0] ?? "") || /^-?\d+$/.test(first[1] ?? "");
  const columns = columnsOf(first) ?? (isHeadless ? undefined : null);
  if (columns === null) {
    const problem = `none of its columns (${namedList(first)}) is called path, file or image`;
    throw invalidData(path, problem, SHAPE);
  }
  const places =
    columns ??
    new Map<Column, number>([
      ["path", 0],
      ["label", 1],
      ["split", 2],
    ]);
  const field = (row: readonly string[], column: Column) => row[places.get(column) ?? -1];
  const body = columns ? rows.slice(1) : rows;
  return body.map((row, index) => listed(path, `row ${index + (columns ? 2 : 1)}`, (column) => field(row, column)));
}

function fromJsonLines(path: string, text: string): readonly Listed[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === "") return [];
    return [fromRecord(path, `line ${index + 1}`, parseJson(path, line, `line ${index + 1}: `))];
  });
}

/** `{ train, val, test: [[path, label, name], …] }`, or a list of objects. */
function fromJson(path: string, text: string): readonly Listed[] {
  const content = parseJson(path, text, "");
  if (Array.isArray(content)) return content.map((record, index) => fromRecord(path, `entry ${index}`, record));
  const parts = typeof content === "object" && content !== null ? Object.entries(content) : [];
  const lists = parts.filter(([name, list]) => splitName(name) && Array.isArray(list)) as [string, unknown[]][];
  if (lists.length === 0) throw invalidData(path, "has no lists train, val or test, and is no list itself", SHAPE);
  return lists.flatMap(([name, list]) =>
    list.map((record, index) => ({
      ...fromRecord(path, `${name}[${index}]`, record),
      split: splitName(name)?.split as Split,
    })),
  );
}

/** A path on each line, and after its last space perhaps a number: the label. */
function fromLines(path: string, text: string): readonly Listed[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === "") return [];
    const [, file = line.trim(), label] = /^(.*\S)\s+(\d+)$/.exec(line.trim()) ?? [];
    return [
      listed(path, `line ${index + 1}`, (column) => ({ path: file, label, name: undefined, split: undefined })[column]),
    ];
  });
}

function fromRecord(path: string, where: string, record: unknown): Listed {
  if (Array.isArray(record)) {
    const order: readonly Column[] = ["path", "label", "name"];
    return listed(path, where, (column) => wordOf(record[order.indexOf(column)]));
  }
  const fields = Object.entries((record ?? {}) as object);
  const own = (column: Column) => fields.find(([key]) => columnOf(key) === column)?.[1] as unknown;
  return listed(path, where, (column) => wordOf(own(column)));
}

function listed(list: string, where: string, field: (column: Column) => string | undefined): Listed {
  const [path, label, name, split] = [field("path"), field("label"), field("name"), field("split")];
  if (!path) throw invalidData(list, `${where} names no image`, SHAPE);
  const found = split ? (usual.get(split) ?? splitName(split)?.split) : undefined;
  if (split && !found) {
    const problem = `${where} is of split "${named(split)}"`;
    throw invalidData(list, problem, "Expected is train, val or test.");
  }
  return {
    path: path.replaceAll("\\", "/"),
    ...(label && { label }),
    ...(name && { name }),
    ...(found && { split: found }),
  };
}

/** The words of most lists, before a look at any other. */
const usual: ReadonlyMap<string, Split> = new Map([
  ["train", "train"],
  ["val", "validation"],
  ["validation", "validation"],
  ["test", "test"],
]);

function wordOf(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

function parseJson(path: string, text: string, where: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ""));
  } catch (error) {
    throw invalidData(path, `${where}is not JSON (${(error as Error).message})`, SHAPE);
  }
}
