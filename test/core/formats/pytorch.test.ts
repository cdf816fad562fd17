/** What PyTorch saves is read right, and nothing else is. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { FgkdError, openTensorFile } from "../../../core/index.js";
import { cases } from "../../support/cases.js";
import {
  archive,
  dictionary,
  global,
  int,
  joined,
  type Part,
  pickle,
  storage,
  tensor,
  text,
  tuple,
  values,
  vector,
  zip,
} from "./pytorch-files.js";

const folder = mkdtempSync(join(tmpdir(), "fgkd-pytorch-"));
afterAll(() => rmSync(folder, { recursive: true }));

const golden = (name: string) => fileURLToPath(new URL(`../../golden/pytorch/${name}`, import.meta.url));

interface Expected {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly values: readonly (number | string)[];
}
const expected = JSON.parse(readFileSync(golden("expected.json"), "utf8")) as {
  readonly all: Readonly<Record<string, Expected>>;
  readonly state: Readonly<Record<string, Expected>>;
};

const path = join(folder, "model.pth");
function open(bytes: Buffer) {
  writeFileSync(path, bytes);
  return openTensorFile(path);
}

/** The error that opening ends in. */
function refusal(bytes: Buffer): FgkdError {
  try {
    open(bytes);
  } catch (error) {
    if (error instanceof FgkdError) return error;
    throw error;
  }
  throw new Error("it was read");
}

function checkAgainst(name: string, wanted: Readonly<Record<string, Expected>>) {
  const file = openTensorFile(golden(name));
  expect([...file.entries.keys()]).toEqual(Object.keys(wanted));
  for (const [key, { shape, data }] of file.read()) {
    const { shape: wantedShape, values: wantedValues = [] } = wanted[key] ?? {};
    expect(shape, key).toEqual(wantedShape);
    const all = data instanceof BigInt64Array ? [...data].map(String) : [...data];
    const rounded = wantedValues.map((value) => (typeof value === "number" ? Math.fround(value) : value));
    expect(all, key).toEqual(rounded);
  }
  return file;
}

describe("a file of torch.save", () => {
  test.each(["archive.pth", "archive-2.6.pth", "pickled.pth", "protocol4.bin"])(
    "has every type and every view as PyTorch has it: %s",
    (name) => {
      const { entries, metadata, notes } = checkAgainst(name, expected.all);
      const types = ["double", "float", "half", "bfloat", "long", "int", "short", "char", "byte", "bool"];
      expect(types.map((type) => entries.get(type)?.dtype).join(" ")).toBe("F64 F32 F16 BF16 I64 I32 I16 I8 U8 BOOL");
      expect([metadata, notes]).toEqual([{}, []]);
    },
  );

  test.each(["training.pt", "training-2.6.pt", "training-pickled.th", "training-pickled-2.6.th"])(
    "of a training has its weights found among settings, averages and moments: %s",
    (name) => {
      const { metadata, notes } = checkAgainst(name, expected.state);
      expect(metadata).toEqual({ epoch: "3", arch: "tiny", classes: '["ant","bee"]' });
      expect(notes).toEqual(['its weights "state_dict" are read, and not "model_ema"']);
    },
  );

  test("gives another set of weights where it is asked for by name", () => {
    const { read, notes } = openTensorFile(golden("training.pt"), { part: "model_ema" });
    expect([...(read(["conv.bias"]).get("conv.bias")?.data ?? [])]).toEqual([1, 1]);
    expect(notes).toEqual([]);
    expect(() => openTensorFile(golden("training.pt"), { part: "ema" })).toThrow('and none called "ema"');
  });

  test("that has several sets under names of its own is not guessed at", () => {
    expect(() => openTensorFile(golden("two.pth"))).toThrow(
      'holds several sets of weights: "student", "teacher". Take one out: fgkd weights convert FILE OUT.safetensors --part student.',
    );
  });

  test("is looked into once, however often its dictionaries are shared", () => {
    const shared = (level: number) =>
      Array.from({ length: 500 }, (_, key) => joined(text(`${level}/${key}`), `h${String.fromCharCode(level)}`));
    const levels = [1, 2, 3].map((level) => joined("}(", ...shared(level - 1), "u", `q${String.fromCharCode(level)}`));
    const start = performance.now();
    expect(open(archive(dictionary(["w", vector]), "q\x00", ...levels)).entries.size).toBe(1);
    // Looked into each time, it would be 125 million dictionaries.
    expect(performance.now() - start).toBeLessThan(5000);
  });

  test("gives a tensor's own bytes, a view's row by row", () => {
    const { bytes } = openTensorFile(golden("archive.pth"));
    expect([...new Uint16Array(bytes("half").buffer)].slice(0, 2)).toEqual([1, 0x7bff]);
    expect([...new Float32Array(bytes("transposed").buffer)]).toEqual([0, 3, 1, 4, 2, 5]);
  });

  test("is refused when it is changed between a look and a read", () => {
    const file = open(archive(dictionary(["w", vector])));
    expect([...(file.read().get("w")?.data ?? [])]).toEqual([1, 2, 3, 4]);
    writeFileSync(path, archive(dictionary(["w2", vector])));
    expect(() => file.read()).toThrow("was changed while it was read");
  });

  test("may be told apart from safetensors although both begin alike", () => {
    // A header of 640 bytes begins as a pickle does, one of 19,280 as an archive.
    for (const length of [0x280, 0x4b50]) {
      const header = Buffer.from('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}'.padEnd(length));
      const size = Buffer.alloc(8);
      size.writeBigUInt64LE(BigInt(length));
      expect([
        ...(open(joined(size, header, "\x05"))
          .read()
          .get("a")?.data ?? []),
      ]).toEqual([5]);
    }
  });
});

const os = (name: string) => joined(global("posix", "system"), tuple(text(`touch ${join(folder, name)}`)), "R");
const nested = (times: number) => joined("]".repeat(times), "a".repeat(times - 1));

describe("a pickle that does more than describe weights is refused, and nothing of it is run:", () => {
  test.each<[string, Buffer, string]>([
    ["a call of os.system", archive(dictionary(["w", os("a")])), 'names "posix.system", which weights do not need'],
    ["the same in the older format", pickle(os("a")), 'names "posix.system", which weights do not need'],
    [
      "the same by STACK_GLOBAL",
      archive(text("os"), text("system"), "\x93", tuple(text("x")), "R"),
      'names "os.system"',
    ],
    ["eval", archive(global("builtins", "eval"), tuple(text("1")), "R"), 'names "builtins.eval"'],
    [
      "a way around dots",
      archive(global("torch._utils.os", "system"), tuple(text("x")), "R"),
      'names "torch._utils.os.system"',
    ],
    ["a name that every object has", archive(global("", "constructor"), ")R"), 'names ".constructor"'],
    [
      "a whole model",
      archive(global("torchvision.models.resnet", "ResNet"), ")\x81}b"),
      'names "torchvision.models.resnet.ResNet"',
    ],
    ["INST", archive("(", text("x"), "iposix\nsystem\n"), "holds the instruction INST, which weights do not need"],
    ["OBJ", archive("(o"), "holds the instruction OBJ"],
    ["an extension", archive("\x82\x01"), "holds the instruction EXT1"],
    ["an instruction that there is not", archive("\xff"), "holds the instruction 255"],
    ["a call of a text", archive(text("os.system"), ")R"), "calls what is no function"],
    ["a call of a tensor", archive(vector, ")R"), "calls what is no function"],
    ["a thing beside the file that is no storage", archive(text("module"), "Q"), "refers to what is no storage"],
    ["a call without a stack", archive("R"), "takes what it has not put there"],
    ["a memo of nothing", archive("h\x07"), "names a thing that it has not made (7)"],
    ["a mark for a value", archive("("), "takes what it has not put there"],
    ["items of no dictionary", archive("](", text("a"), int(1), "u"), "adds to what is no dictionary"],
    ["a key without a value", archive("}(", text("a"), "u"), "adds to what is no dictionary"],
    ["a name twice", archive(dictionary(["w", vector], ["w", vector])), 'sets "w" twice'],
    [
      "an end that does not come",
      zip([{ name: "a/data.pkl", bytes: joined("\x80\x02}") }]),
      "ends in the midst of an instruction",
    ],
    ["a text of four billion letters", archive("X\xff\xff\xff\xffabc"), "ends in the midst of an instruction"],
    ["bytes beyond any number", archive("\x8e", "\xff".repeat(8)), "ends in the midst of an instruction"],
    [
      "a dictionary inside itself",
      archive("}q\x00(", text("model"), "h\x00u"),
      "holds something that is inside itself",
    ],
    ["a list inside its tuple", archive("]q\x00h\x00\x85a"), "holds something that is inside itself"],
    ["lists a hundred thousand deep", archive(nested(200_000)), "nests more than 32 deep"],
    ["half a million dictionaries", archive("(", "}".repeat(2 ** 19), "l"), "takes more than 524288 instructions"],
    [
      "a list handed to a thousand calls",
      archive("](", "]K\x01\x86".repeat(2 ** 12), "e\x85q\x000", "ccollections\nOrderedDict\nh\x00R0".repeat(1000)),
      "takes more than 524288 instructions",
    ],
  ])("%s", (_, bytes, problem) => {
    const before = process.memoryUsage().heapUsed;
    const { message } = refusal(bytes);
    expect(message).toContain(`FGKD_CORRUPT_FILE ${path}: its pickle ${problem}`);
    expect(message).toContain("nothing in it was run. If you trust whoever made it, save its weights alone");
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(2 ** 29);
  });
});

describe("tensors that cannot be are refused:", () => {
  const of = (part: Part) => archive(dictionary(["w", part]));
  test.each<[string, Buffer, string]>([
    ["one longer than its storage", of(tensor([5], [1])), 'of shape [5], larger than its storage "0"'],
    ["one of any size", of(tensor([2 ** 40, 2 ** 40], [0, 0])), "larger than its storage"],
    ["a value seen a billion times", of(tensor([10 ** 9], [0])), "larger than its storage"],
    ["one that begins too late", of(tensor([2], [1], 3)), 'reaches beyond its storage "0"'],
    ["one that steps too far", of(tensor([2], [4])), "reaches beyond its storage"],
    ["a stride below 0", of(tensor([2], [-1], 1)), "of no proper strides (-1)"],
    ["a side below 0", of(tensor([-1], [1])), "of no proper shape"],
    ["an offset below 0", of(tensor([1], [1], -1)), "of what is no storage"],
    ["fewer strides than sides", of(tensor([2, 2], [1])), "of no proper strides"],
    ["nine axes", of(tensor(Array(9).fill(1), Array(9).fill(1))), "of no proper shape"],
    [
      "a storage in two ways",
      archive(dictionary(["a", vector], ["b", tensor([1], [1], 0, storage("0", 4, "HalfStorage"))])),
      'describes storage "0" in two ways',
    ],
    [
      "a storage of an unknown type",
      of(tensor([4], [1], 0, storage("0", 4, "QInt8Storage"))),
      'names "torch.QInt8Storage"',
    ],
    [
      "the same bytes five times",
      archive(dictionary(...["a", "b", "c", "d", "e"].map((key) => [key, vector] as const))),
      "makes tensors of 80 bytes in all, and the file has 16 for them",
    ],
  ])("%s", (_, bytes, problem) => {
    const { code, message } = refusal(bytes);
    expect(code).toBe("FGKD_CORRUPT_FILE");
    expect(message).toContain(problem);
  });

  test("and storages of other sizes than the pickle says", () => {
    expect(() => open(of(tensor([4], [1], 0, storage("0", 10 ** 9))))).toThrow(
      'has 16 bytes in storage "0", not the 4000000000 that it describes',
    );
    expect(() => open(of(tensor([4], [1], 0, storage("7", 4))))).toThrow('lacks "data/7"');
  });
});

describe("an archive that is not what it claims is refused:", () => {
  const data = { name: "a/data.pkl", bytes: pickle(dictionary(["w", vector])) };
  const zero = { name: "a/data/0", bytes: values };
  test.each<[string, Buffer, string]>([
    ["one that is cut off", zip([data, zero]).subarray(0, -30), "is cut off: it has no list of its files"],
    [
      "entries over one another",
      zip([data, zero, { ...zero, name: "a/data/1", start: 30 + data.name.length + data.bytes.length }]),
      "over the bytes of another file",
    ],
    ["a name twice", zip([data, zero, zero]), "lists one name twice"],
    ["another number of files", zip([data, zero], 7), "lists 2 files, and says that it has 7"],
    ["a file where none is", zip([data, { ...zero, start: 5 }]), 'has no file where it lists "a/data/0"'],
    ["a compressed storage", zip([data, { ...zero, method: 8 }]), 'holds "data/0" compressed or encrypted'],
    ["a compressed pickle", zip([{ ...data, method: 8 }, zero]), 'holds "data.pkl" compressed or encrypted'],
    [
      "a pickle with another checksum",
      zip([{ ...data, crc: 7 }, zero]),
      "has other bytes in a/data.pkl than its checksum says",
    ],
    ["big-endian values", zip([data, zero, { name: "a/byteorder", bytes: Buffer.from("big") }]), "big-endian machines"],
    ["a program", zip([data, zero, { name: "a/code/x.py", bytes: values }]), "is a program of TorchScript"],
    ["no weights", archive(dictionary(["epoch", int(3)])), "holds no dictionary of tensors"],
    ["no tensors but one", archive(vector), "holds no dictionary of tensors"],
    ["arrays of NumPy", zip([{ name: "w.npy", bytes: values }]), "is a zip archive of NumPy arrays (.npz)"],
  ])("%s", (_, bytes, problem) => {
    const { message } = refusal(bytes);
    expect(message).toContain(`FGKD_CORRUPT_FILE ${path}: `);
    expect(message).toContain(problem);
  });

  test("a storage with another checksum, when it is read", () => {
    const file = open(zip([data, { ...zero, crc: 7 }]));
    expect(() => file.read()).toThrow("has other bytes in data/0 than its checksum says");
  });
});

describe("a file of which a byte was changed or the end was lost", () => {
  /** What became of it: the names of what was read, or that it was refused. Any other error fails the test. */
  const outcome = (bytes: Buffer) => {
    try {
      return [...open(bytes).read().keys()].length;
    } catch (error) {
      if (!(error instanceof FgkdError)) throw error;
      expect(error.code).toBe("FGKD_CORRUPT_FILE");
      expect(error.message.length).toBeLessThan(1000);
      return 0;
    }
  };

  test("is refused or read", () => {
    const wholes = ["archive.pth", "training.pt", "pickled.pth"].map((name) => readFileSync(golden(name)));
    const change = fc.record({ of: fc.nat(2), at: fc.nat(9999), to: fc.nat(255), cut: fc.boolean() });
    const check = fc.property(change, ({ of, at, to, cut }) => {
      const bytes = Buffer.from(wholes[of] as Buffer);
      const place = at % bytes.length;
      if (cut) return void expect(outcome(bytes.subarray(0, place))).toBe(0);
      bytes[place] = to;
      outcome(bytes);
    });
    fc.assert(check, cases("pytorch: any byte changed"));
  });
});
