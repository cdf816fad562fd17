import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  encodeSafetensors,
  FgkdError,
  type NamedArray,
  readSafetensors,
  type TensorContent,
} from "../../../core/index.js";
import { cases } from "../../support/cases.js";

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fgkd-"));
  file = join(folder, "model.safetensors");
});
afterAll(() => rmSync(folder, { recursive: true }));

function read(bytes: Uint8Array): TensorContent {
  writeFileSync(file, bytes);
  return readSafetensors(file);
}

const encode = (content: TensorContent) => Buffer.concat([...encodeSafetensors(content)]);

/** A file with any header, true or not. */
function fileOf(header: unknown, values: Uint8Array = new Uint8Array(0), claimed?: bigint): Buffer {
  const text = Buffer.isBuffer(header) || typeof header === "string" ? header : JSON.stringify(header);
  const head = Buffer.from(text as string);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(claimed ?? BigInt(head.length));
  return Buffer.concat([length, head, values]);
}

const one = '{"dtype":"U8","shape":[1],"data_offsets":[0,1]}';
const entry = (dtype: unknown, shape: unknown, offsets: unknown) => ({ dtype, shape, data_offsets: offsets });

/** What reading comes to: the values it holds, or the code of its refusal. Any other error fails the test. */
function outcome(bytes: Uint8Array): number | string {
  try {
    return [...read(bytes).tensors.values()].reduce((sum, { data }) => sum + data.length, 0);
  } catch (error) {
    if (!(error instanceof FgkdError)) throw error;
    expect(error.message.length).toBeLessThan(1000);
    return error.code;
  }
}

const side = fc.nat({ max: 4 });
const tensor: fc.Arbitrary<NamedArray> = fc
  .tuple(fc.array(side, { maxLength: 4 }), fc.boolean())
  .chain(([shape, whole]): fc.Arbitrary<NamedArray> => {
    const size = shape.reduce((product, length) => product * length, 1);
    const length = { minLength: size, maxLength: size };
    return whole
      ? fc.bigInt64Array(length).map((data) => ({ shape, data: BigInt64Array.from(data) }))
      : fc.float32Array(length).map((data) => ({ shape, data: Float32Array.from(data) }));
  });
const name = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("__proto__", "constructor", "1", "layer1.0.conv1"),
);
const content: fc.Arbitrary<TensorContent> = fc
  .tuple(
    fc.array(fc.tuple(name, tensor), { maxLength: 5 }),
    fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }),
  )
  .map(([tensors, metadata]) => ({ tensors: new Map(tensors), metadata }));

describe("a safetensors file", () => {
  test("gives back what was put into it, under any name", () => {
    fc.assert(
      fc.property(content, (written) => {
        const found = read(encode(written));
        expect(found.metadata).toEqual(written.metadata);
        expect(new Set(found.tensors.keys())).toEqual(new Set(written.tensors.keys()));
        for (const [key, { shape, data }] of written.tensors) {
          expect(found.tensors.get(key)?.shape).toEqual(shape);
          expect(found.tensors.get(key)?.data).toEqual(data);
        }
      }),
      cases("safetensors: any content"),
    );
  });

  test("keeps its values on a multiple of 8 bytes, as other readers expect", () => {
    const bytes = encode({ tensors: new Map([["a", { shape: [1], data: Float32Array.of(1) }]]), metadata: {} });
    expect(Number(bytes.readBigUInt64LE(0)) % 8).toBe(0);
  });

  test.each([
    ["F32", [0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc1], [1, -10]],
    ["F64", [0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0, 0, 0, 0, 0, 0, 0xe0, 0xbf], [1, -0.5]],
    ["BF16", [0x80, 0x3f, 0x20, 0xc1], [1, -10]],
    ["F16", [0x00, 0x3c, 0x00, 0xc9], [1, -10]],
    ["F16", [0x01, 0x00, 0xff, 0x7b], [2 ** -24, 65504]],
    ["F16", [0x00, 0x7c, 0x00, 0x7e], [Number.POSITIVE_INFINITY, Number.NaN]],
    ["I32", [7, 0, 0, 0, 0xff, 0xff, 0xff, 0xff], [7, -1]],
    ["I16", [7, 0, 0xff, 0xff], [7, -1]],
    ["I8", [7, 0xff], [7, -1]],
    ["U8", [7, 255], [7, 255]],
    ["BOOL", [0, 1], [0, 1]],
    ["I64", [7, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255], [7n, -1n]],
  ])("holds %s values %j", (dtype, bytes, values) => {
    const header = { a: entry(dtype, [2], [0, bytes.length]) };
    expect([...(read(fileOf(header, Uint8Array.from(bytes))).tensors.get("a")?.data ?? [])]).toEqual(values);
  });

  test("may name its tensors in another order than they stand in", () => {
    const header = { b: entry("U8", [1], [1, 2]), a: entry("U8", [1], [0, 1]) };
    const { tensors } = read(fileOf(header, Uint8Array.of(1, 2)));
    expect([...(tensors.get("b")?.data ?? [])]).toEqual([2]);
  });
});

describe("a file that is not what it claims", () => {
  test.each([
    ["nothing", new Uint8Array(0), "is shorter than a safetensors header"],
    ["a header longer than the file", fileOf("{}", undefined, 3n), "is not a safetensors file, or is cut off"],
    ["the longest header there is", fileOf("{}", undefined, 2n ** 64n - 1n), "is not a safetensors file"],
    ["an empty header", fileOf(""), "has a header that is not JSON"],
    ["no JSON", fileOf("{dtype"), "has a header that is not JSON"],
    [
      "bytes that are no text",
      fileOf(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x30, 0x7d])),
      "has a header that is not JSON",
    ],
    ["a list", fileOf([]), "it is not an object"],
    ["metadata that is no text", fileOf({ __metadata__: { a: 1 } }), "has metadata that is not text"],
    ["no metadata but null", fileOf({ __metadata__: null }), "has metadata that is not text"],
    ["a number for a tensor", fileOf({ a: 3 }), 'tensor "a" is not described by an object'],
    ["an unknown type", fileOf({ a: entry("F8", [0], [0, 0]) }), 'has the unknown type "F8"'],
    ["a type that every object has", fileOf({ a: entry("constructor", [0], [0, 0]) }), "has the unknown type"],
    ["no type", fileOf({ a: {} }), "has the unknown type undefined"],
    ["a side below 0", fileOf({ a: entry("U8", [-1, -1], [0, 1]) }, Uint8Array.of(0)), "has no proper shape"],
    ["half a side", fileOf({ a: entry("U8", [0.5], [0, 0]) }), "has no proper shape"],
    ["sides of a text", fileOf({ a: entry("U8", "ab", [0, 0]) }), "has no proper shape"],
    ["a million axes", fileOf({ a: entry("U8", Array(1e6).fill(1), [0, 1]) }, Uint8Array.of(0)), "has no proper shape"],
    ["a product beyond any number", fileOf({ a: entry("U8", Array(8).fill(2 ** 50), [0, 0]) }), "has 0 bytes"],
    ["an offset below 0", fileOf({ a: entry("U8", [2], [-1, 1]) }, Uint8Array.of(0)), "has no proper offsets"],
    ["one offset", fileOf({ a: entry("U8", [0], [0]) }), "has no proper offsets"],
    ["an end before its beginning", fileOf({ a: entry("U8", [0], [1, 0]) }, Uint8Array.of(0)), "has -1 bytes"],
    ["an end past the file's", fileOf({ a: entry("U8", [2], [0, 2]) }, Uint8Array.of(0)), "beyond the end"],
    ["a gap", fileOf({ a: entry("U8", [1], [1, 2]) }, Uint8Array.of(0, 0)), "follows bytes that belong to no tensor"],
    ["bytes left over", fileOf({ a: entry("U8", [1], [0, 1]) }, Uint8Array.of(0, 0)), "has 1 bytes after its last"],
    ["a name of a million letters", fileOf({ [`${"a".repeat(1e6)}`]: 1 }), "is not described by an object"],
    ["a name twice", fileOf(`{"a":${one},"a":${one}}`, Uint8Array.of(0)), 'names "a" twice in its header'],
    ["a name twice, once in escapes", fileOf(`{"a":${one}, "\\u0061" :${one}}`, Uint8Array.of(0)), 'names "a" twice'],
    ["offsets twice", fileOf(`{"a":{"data_offsets":[0,9],${one.slice(1)}}`, Uint8Array.of(0)), '"data_offsets" twice'],
    ["a text twice", fileOf('{"__metadata__":{"a":"[{\\"a\\":1}","b":"a","a":""}}'), 'names "a" twice'],
  ])("with %s is refused", (_, bytes, problem) => {
    expect(() => read(bytes)).toThrow(problem);
    expect(outcome(bytes)).toBe("FGKD_CORRUPT_FILE");
  });

  test("with a header of ten gigabytes is refused before any of it is read", () => {
    const size = 10 * 2 ** 30;
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(size));
    writeFileSync(file, Buffer.concat([length, Buffer.from("{")]));
    // Of nothing but zeros, which take no place on the disk.
    truncateSync(file, size + 8);
    const before = process.memoryUsage().arrayBuffers;
    expect(() => readSafetensors(file)).toThrow("has a header of 10737418240 bytes, and 16777216 are the most");
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
    truncateSync(file, 0);
  });

  test("with fifty thousand tensors on the same bytes is refused before they are read", () => {
    const values = new Uint8Array(2 ** 20);
    const names = Array.from({ length: 50_000 }, (_, index) => [`t${index}`, entry("U8", [2 ** 20], [0, 2 ** 20])]);
    const before = process.memoryUsage().arrayBuffers;
    expect(() => read(fileOf(Object.fromEntries(names), values))).toThrow("overlaps another one");
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 2 ** 20);
  });

  test("with brackets a million deep neither ends the process nor its stack", () => {
    const deep = 2 ** 20;
    expect(outcome(fileOf(`{"a":${"[".repeat(deep)}${"]".repeat(deep)}}`))).toBe("FGKD_CORRUPT_FILE");
    expect(outcome(fileOf("[".repeat(deep)))).toBe("FGKD_CORRUPT_FILE");
  });

  test("is refused wherever it was cut off", () => {
    const whole = encode({
      tensors: new Map<string, NamedArray>([
        ["a", { shape: [2], data: Float32Array.of(1, 2) }],
        ["b", { shape: [], data: BigInt64Array.of(3n) }],
      ]),
      metadata: { format: "pt" },
    });
    for (let length = 0; length < whole.length; length++)
      expect(outcome(whole.subarray(0, length))).toBe("FGKD_CORRUPT_FILE");
  });

  test("is refused or read, whatever its bytes are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(outcome(bytes)).toSatisfy((found) => found === "FGKD_CORRUPT_FILE" || found === 0);
      }),
      cases("safetensors: any bytes"),
    );
  });

  test("is refused or read, whatever its header says, and never holds more values than it has bytes", () => {
    const nearlyWhole = fc.oneof(
      fc.nat(64),
      fc.integer(),
      fc.double(),
      fc.constantFrom(2 ** 31, 2 ** 53, -1, null, "1"),
    );
    const nearlyEntry = fc.record(
      {
        dtype: fc.oneof(
          fc.constantFrom("F32", "F16", "BF16", "F64", "I64", "I32", "I16", "I8", "U8", "BOOL"),
          fc.jsonValue(),
        ),
        shape: fc.oneof(fc.array(nearlyWhole, { maxLength: 4 }), fc.jsonValue()),
        data_offsets: fc.oneof(fc.array(nearlyWhole, { maxLength: 3 }), fc.jsonValue()),
      },
      { requiredKeys: [], noNullPrototype: true },
    );
    const header = fc.oneof(fc.dictionary(name, fc.oneof(nearlyEntry, fc.jsonValue())), fc.jsonValue());
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 64 }), (claims, values) => {
        expect(outcome(fileOf(claims, values))).toSatisfy(
          (found) => found === "FGKD_CORRUPT_FILE" || (typeof found === "number" && found <= values.length),
        );
      }),
      cases("safetensors: any header"),
    );
  });
});

describe("a file of which a byte was changed", () => {
  test("is refused, or has the same tensors but for one name, one value or one entry of text", () => {
    const written = encode({
      tensors: new Map<string, NamedArray>([
        ["fc.weight", { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
        ["fc.bias", { shape: [2], data: Float32Array.of(7, 8) }],
        ["seen", { shape: [], data: BigInt64Array.of(9n) }],
      ]),
      metadata: { format: "pt" },
    });
    const listed = (bytes: Uint8Array) =>
      [...read(bytes).tensors].flatMap(([key, { shape, data }]) => [
        `${key} [${shape}] ${data.constructor.name}`,
        ...[...data].map((value, index) => `${key} ${index} ${value}`),
      ]);
    const whole = listed(written);
    const check = (at: number, flip: number) => {
      const bytes = Uint8Array.from(written);
      bytes[at] = (bytes[at] as number) ^ flip;
      const found = outcome(bytes);
      if (typeof found === "string") return void expect(found).toBe("FGKD_CORRUPT_FILE");
      const now = new Set(listed(bytes));
      const other = whole.filter((line) => !now.has(line)).map((line) => line.split(" ")[0]);
      // Another name, shape or type moves every line of one tensor; another value, one line.
      expect(new Set(other).size).toBeLessThanOrEqual(1);
    };
    const at = fc.nat(written.length - 1);
    fc.assert(fc.property(at, fc.integer({ min: 1, max: 255 }), check), cases("safetensors: any byte changed"));
  });
});

describe("a path that holds no file", () => {
  test("is refused when nothing is there, and when a folder is", () => {
    expect(() => readSafetensors(join(folder, "none.safetensors"))).toThrow(/FGKD_PATH .* cannot be opened \(ENOENT\)/);
    expect(() => readSafetensors(folder)).toThrow(/FGKD_PATH .* is not a file/);
  });
});
