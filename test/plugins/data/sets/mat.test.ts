/** Files of MATLAB, version 5, built byte by byte; and what damage to them comes to. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { createRandom } from "../../../../core/index.js";
import { numbersIn, readMat, textsIn } from "../../../../plugins/data/sets/mat.js";
import { folderWith } from "../support.js";

/** Writes elements in one byte order. */
function writer(little: boolean) {
  const numbers = (values: readonly number[], size: 1 | 2 | 4 | 8) => {
    const bytes = Buffer.alloc(values.length * size);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    values.forEach((value, at) => {
      if (size === 1) view.setUint8(at, value);
      if (size === 2) view.setUint16(at * 2, value, little);
      if (size === 4) view.setUint32(at * 4, value, little);
      if (size === 8) view.setFloat64(at * 8, value, little);
    });
    return bytes;
  };
  const element = (type: number, bytes: Buffer) => {
    if (bytes.length <= 4 && bytes.length > 0) {
      // The small form: the count above the type, in one number.
      return Buffer.concat([numbers([bytes.length * 65_536 + type], 4), bytes, Buffer.alloc(4 - bytes.length)]);
    }
    const padding = type === 15 ? 0 : (8 - (bytes.length % 8)) % 8;
    return Buffer.concat([numbers([type, bytes.length], 4), bytes, Buffer.alloc(padding)]);
  };
  const matrix = (kind: number, dimensions: readonly number[], name: string, content: readonly Buffer[]) =>
    element(
      14,
      Buffer.concat([
        element(6, numbers([kind, 0], 4)),
        element(5, numbers(dimensions, 4)),
        element(1, Buffer.from(name)),
        ...content,
      ]),
    );
  const text = (value: string, name = "") =>
    matrix(4, [1, value.length], name, [
      element(
        4,
        numbers(
          [...value].map((letter) => letter.charCodeAt(0)),
          2,
        ),
      ),
    ]);
  const number = (value: number) => matrix(6, [1, 1], "", [element(2, numbers([value], 1))]);
  const names = (fields: readonly string[]) =>
    Buffer.concat(fields.map((field) => Buffer.concat([Buffer.from(field), Buffer.alloc(32 - field.length)])));
  const struct = (name: string, fields: readonly string[], entries: readonly (readonly Buffer[])[]) =>
    matrix(2, [1, entries.length], name, [element(5, numbers([32], 4)), element(1, names(fields)), ...entries.flat()]);
  const header = Buffer.concat([
    Buffer.from("MATLAB 5.0 MAT-file".padEnd(124)),
    numbers([0x0100], 2),
    Buffer.from(little ? "IM" : "MI"),
  ]);
  return { numbers, element, matrix, text, number, struct, header };
}

/** The four forms that lists of data sets have. */
function lists(little: boolean, isCompressed: boolean): Buffer {
  const { numbers, element, matrix, text, number, struct, header } = writer(little);
  const fields = ["bbox_x1", "bbox_y1", "bbox_x2", "bbox_y2", "class", "fname"];
  const entry = (at: number) => [...[1, 2, 30, 40, at].map(number), text(`0000${at}.jpg`)];
  const variables = [
    struct("annotations", fields, [entry(1), entry(2)]),
    matrix(1, [1, 2], "class_names", [text("Ram C/V"), text("Audi")]),
    matrix(1, [2, 1], "file_list", [text("a/b.jpg"), text("c/d.jpg")]),
    matrix(6, [3, 1], "labels", [element(9, numbers([1, 120, 2.5], 8))]),
  ];
  const stored = isCompressed ? variables.map((variable) => element(15, deflateSync(variable))) : variables;
  return Buffer.concat([header, ...stored]);
}

async function read(bytes: Uint8Array) {
  const root = await folderWith({});
  await writeFile(join(root, "list.mat"), bytes);
  return readMat(join(root, "list.mat"));
}

const refusal = (bytes: Uint8Array) =>
  read(bytes).then(
    () => "nothing",
    (error: Error) => error.message,
  );

describe("a list in a file of MATLAB", () => {
  test.each([
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ])("is read whether numbers begin with their low byte (%s), compressed or not (%s)", async (little, isCompressed) => {
    const file = await read(lists(little, isCompressed));
    const annotations = file.get("annotations");
    const [, second] = annotations?.kind === "struct" ? annotations.entries : [];
    expect(second?.fname).toEqual({ kind: "text", text: "00002.jpg" });
    expect([numbersIn(second?.class), numbersIn(second?.bbox_x2)]).toEqual([[2], [30]]);
    expect(textsIn(file.get("class_names"))).toEqual(["Ram C/V", "Audi"]);
    expect(textsIn(file.get("file_list"))).toEqual(["a/b.jpg", "c/d.jpg"]);
    expect(numbersIn(file.get("labels"))).toEqual([1, 120, 2.5]);
  });

  test("may hold nothing, numbers in any type, and rows of text", async () => {
    const { element, matrix, numbers, header } = writer(true);
    const file = await read(
      Buffer.concat([
        header,
        matrix(1, [1, 1], "empty", [element(14, Buffer.alloc(0))]),
        matrix(6, [1, 2], "short", [element(3, numbers([65_535, 7], 2))]),
        matrix(12, [1, 1], "long", [element(12, Buffer.from("feffffffffffffff", "hex"))]),
        // Column by column.
        matrix(4, [2, 3], "rows", [element(16, Buffer.from("adbecf"))]),
        matrix(5, [1, 1], "sparse", []),
      ]),
    );
    expect(file.get("empty")).toEqual({ kind: "cell", cells: [{ kind: "numbers", values: [] }] });
    expect(numbersIn(file.get("short"))).toEqual([-1, 7]);
    expect(numbersIn(file.get("long"))).toEqual([-2]);
    expect(file.get("rows")).toEqual({ kind: "text", text: "abc\ndef" });
    expect(file.get("sparse")).toEqual({ kind: "other" });
  });
});

describe("a file that is no such list is refused", () => {
  const { element, matrix, numbers, header } = writer(true);
  const nested = (depth: number): Buffer => matrix(1, [1, 1], "", depth === 0 ? [] : [nested(depth - 1)]);
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    ["version 7.3", Buffer.from("\x89HDF\r\n\x1a\n".padEnd(600), "latin1"), "version 7.3 (HDF5)"],
    ["a pointer", Buffer.from("version https://git-lfs.github.com/spec/v1\n".padEnd(200)), "pointer of Git LFS"],
    ["text", Buffer.from("1 2 3\n"), "is not a MAT file of version 5"],
    ["cut short", lists(true, false).subarray(0, 400), "reaches beyond its end"],
    ["compressed and cut short", lists(true, true).subarray(0, 220), "reaches beyond its end"],
    ["what unpacks to nonsense", Buffer.concat([header, element(15, Buffer.from("nonsense"))]), "compressed in it"],
    [
      "a bomb",
      Buffer.concat([header, element(15, deflateSync(Buffer.alloc(2 ** 25)))]),
      `unpacks to more than ${2 ** 24} bytes`,
    ],
    ["cells in cells", Buffer.concat([header, nested(20)]), "nests values more than 8 deep"],
    [
      "an array of more than there is",
      Buffer.concat([header, matrix(6, [70_000, 70_000], "x", [element(2, numbers([1], 1))])]),
      "an array of 70000 × 70000",
    ],
    [
      "numbers that are not as many as said",
      Buffer.concat([header, matrix(6, [3, 1], "x", [element(2, numbers([1], 1))])]),
      "1 numbers in an array of 3",
    ],
    ["a cell that ends early", Buffer.concat([header, matrix(1, [9000, 1], "x", [])]), "reaches beyond its end"],
  ];
  test.each(cases)("%s", async (_, bytes, message) => {
    const told = await refusal(bytes);
    expect(told).toContain("FGKD_CORRUPT_FILE");
    expect(told).toContain(message);
  });

  test("damage anywhere gives a value or a diagnostic, and nothing else", async () => {
    const random = createRandom("mat");
    const whole = [lists(true, false), lists(false, false), lists(true, true)];
    const outcomes = new Set<string>();
    for (let round = 0; round < 300; round++) {
      const bytes = Buffer.from(whole[round % whole.length] as Buffer);
      for (let count = 0; count < 1 + (round % 4); count++)
        bytes[128 + Math.floor(random.next() * (bytes.length - 128))] = Math.floor(random.next() * 256);
      const told = await refusal(bytes);
      outcomes.add(told === "nothing" ? "read" : (told.split(" ")[0] as string));
    }
    expect([...outcomes].sort()).toEqual(["FGKD_CORRUPT_FILE", "read"]);
  });
});
