/** Files of weights as other tools and other runs leave them: names, classes, types and values. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTraining, encodeSafetensors, FgkdError, type Model, type NamedArray } from "../../../core/index.js";
import { loadWeights } from "../../../core/models/weights.js";
import type { WeightsUse } from "../../../core/models/weights-comparison.js";
import { resnet, vgg } from "../../../plugins/backbones/index.js";
import { startEngine } from "../../support/engines.js";

const folder = mkdtempSync(join(tmpdir(), "fgkd-strangers-"));
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(() => startEngine("cpu"));

type HeadKind = "linear" | "squeeze-excite" | "max-pool-mlp" | "vgg";

const data = ["ant", "bee", "cat"];
const stem = { filters: 4, size: 3, stride: 1, pool: false };

function build(classes: readonly string[] = data, head: HeadKind = "linear", seed = 0): Model {
  const training = createTraining({ plugins: [resnet(), vgg()], config: { seed }, services: { classes } });
  if (head === "vgg") return training.backbones.create("vgg", { depths: [1], widths: [4], hidden: 5 });
  return training.backbones.create("resnet", { depths: [1], widths: [4], stem, head, hidden: 6 });
}

type Tensors = Map<string, NamedArray>;

/** A file with the weights of a model, as `edit` leaves them. */
async function fileOf(
  model: Model,
  { classes, edit }: { classes?: readonly string[]; edit?: (all: Tensors) => Tensors } = {},
) {
  const all = new Map(await model.parameters.export());
  const metadata: Record<string, string> = classes ? { fgkd: JSON.stringify({ classes }) } : {};
  const path = join(folder, `${crypto.randomUUID()}.safetensors`);
  writeFileSync(path, Buffer.concat([...encodeSafetensors({ tensors: edit?.(all) ?? all, metadata })]));
  return path;
}

const renamed = (rename: (name: string) => string) => (all: Tensors) =>
  new Map([...all].map(([name, array]) => [rename(name), array]));
const zeros = ({ shape, data }: NamedArray): NamedArray => ({ shape, data: new Float32Array(data.length) });
const changed = (name: string, change: (array: NamedArray) => NamedArray) => (all: Tensors) =>
  new Map([...all].map(([key, array]) => [key, key === name ? change(array) : array]));
const withValue =
  (value: number) =>
  (array: NamedArray): NamedArray => {
    const data = Float32Array.from(array.data as Float32Array);
    data[1] = value;
    return { ...array, data };
  };

function load(model: Model, path: string, use: WeightsUse = {}) {
  const said: string[] = [];
  const logger = { info: (line: string) => void said.push(line), warn: (line: string) => void said.push(line) };
  const filled = loadWeights("teacher", model, path, logger, { classes: data, ...use });
  return { filled, said: said.map((line) => line.replaceAll(path, "FILE")) };
}

const frozen = { trained: false } as const;

describe("names that tools put before those of the model", () => {
  test.each(["_orig_mod.", "module._orig_mod.", "_orig_mod.module.model.", "state_dict.model._orig_mod.module."])(
    "%s is taken off",
    async (prefix) => {
      const [saved, model] = [build(data, "linear", 1), build()];
      const { filled } = load(model, await fileOf(saved, { edit: renamed((name) => prefix + name) }), frozen);
      expect(filled.size).toBe(model.parameters.shapes.size);
      expect(await model.parameters.export()).toEqual(await saved.parameters.export());
    },
  );

  test("are taken off eight deep and no deeper, whatever the name", async () => {
    const deep = (times: number) => (all: Tensors) =>
      new Map([...all, [`${"module.".repeat(times)}fc.bias2`, { shape: [1], data: Float32Array.of(1) }]] as const);
    const { said } = load(build(), await fileOf(build(), { classes: data, edit: deep(30_000) }), frozen);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain("FILE also has");
    expect(said[0]?.length).toBeLessThan(200);
  });

  test("lose against the exact name, and with one all behind the same prefix do", async () => {
    const [saved, model] = [build(data, "linear", 1), build()];
    // An average that was never updated, beside the weights themselves.
    const twins = (all: Tensors) =>
      new Map([...all, ...[...all].map(([name, a]) => [`module.${name}`, zeros(a)] as const)]);
    const { said } = load(model, await fileOf(saved, { classes: data, edit: twins }), frozen);
    expect(await model.parameters.export()).toEqual(await saved.parameters.export());
    expect(said).toEqual([expect.stringContaining("FILE also has module.conv1.weight")]);
    // One that the raw set lacks is not taken from the average.
    const torn = (all: Tensors) => new Map([...twins(all)].filter(([name]) => name !== "layer1.0.conv1.weight"));
    const path = await fileOf(saved, { classes: data, edit: torn });
    expect(() => load(build(), path)).toThrow('"layer1.0.conv1.weight" is missing');
  });

  test("are refused where two of them come to one name", async () => {
    const both = (all: Tensors) =>
      new Map([...all].flatMap(([name, a]) => [[`module.${name}`, a] as const, [`model.${name}`, zeros(a)] as const]));
    const path = await fileOf(build(), { edit: both });
    expect(() => load(build(), path)).toThrow(
      /FGKD_WEIGHTS_MISMATCH .*"conv1.weight" could be module\.conv1\.weight, model\.conv1\.weight: rename or remove/,
    );
  });

  test("that are unknown are shown as the file has them", async () => {
    const path = await fileOf(build(), { edit: renamed((name) => `backbone.body.${name}`) });
    expect(() => load(build(), path)).toThrow(
      /"conv1.weight" is missing; .*; and \d+ more; the file's own names look like "backbone\.body\.conv1\.weight", "backbone\.body\.bn1\.weight", .*, and all begin with "backbone\.body\."\. Choose the backbone/,
    );
  });

  test("that would move a terminal's cursor, or fill it, are escaped and cut", async () => {
    const path = await fileOf(build(), { edit: renamed((name) => `\u001b[2J\u202e\n${"x".repeat(500)}${name}`) });
    try {
      load(build(), path);
      expect.unreachable();
    } catch (error) {
      const { message } = error as FgkdError;
      // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not be there
      expect(message).not.toMatch(/[\x00-\x1f\u202e]/);
      expect(message).toContain("\\u001b[2J");
      expect(message.length).toBeLessThan(800);
    }
  });
});

/** In another shape, the values from the last to the first: to turn twice is to do nothing. */
const turned = ({ data }: NamedArray, shape: readonly number[]): NamedArray => ({
  shape,
  data: data.slice().reverse(),
});

/** A model that knows how another library calls and lays out its weights. */
function adapting(model: Model): Model {
  const rename = (name: string) => name.replace(/^stem\./, "conv1.").replace(/^head\./, "fc.");
  const flat = (shape: readonly number[]) => shape.reduce((product, side) => product * side, 1);
  return {
    ...model,
    adapts: {
      rename,
      reshape: (_, shape, wanted) => (flat(shape) === flat(wanted) ? (array) => turned(array, wanted) : undefined),
    },
  };
}

describe("what a model knows of another library's files", () => {
  const theirName = (name: string) => name.replace(/^conv1\./, "stem.").replace(/^fc\./, "head.");
  const flat = (array: NamedArray) => turned(array, [array.data.length]);

  test.each(["", "module.", "state_dict.model."])(
    "is used for names, prefixes taken off before (%j), and told",
    async (prefix) => {
      const [saved, model] = [build(data, "linear", 1), adapting(build())];
      const path = await fileOf(saved, { classes: data, edit: renamed((name) => prefix + theirName(name)) });
      const { filled, said } = load(model, path, frozen);
      expect(filled.size).toBe(model.parameters.shapes.size);
      expect(await model.parameters.export()).toEqual(await saved.parameters.export());
      expect(said).toEqual([
        `teacher: 3 names in FILE are another library's: ${prefix}stem.weight is conv1.weight here.`,
      ]);
      expect(() => load(build(), path)).toThrow('"conv1.weight" is missing');
    },
  );

  test("loses against the exact name, and with one all that it renames", async () => {
    const [saved, model] = [build(data, "linear", 1), adapting(build())];
    const both = (all: Tensors) =>
      new Map([...all, ["stem.weight", zeros(all.get("conv1.weight") as NamedArray)]] as const);
    const { said } = load(model, await fileOf(saved, { classes: data, edit: both }), frozen);
    expect(await model.parameters.export()).toEqual(await saved.parameters.export());
    expect(said).toEqual(["teacher: FILE also has stem.weight, which the model does not use."]);
    // Their classifier is of the set that lost.
    const torn = (all: Tensors) => renamed((name) => (name.startsWith("fc.") ? theirName(name) : name))(both(all));
    const path = await fileOf(saved, { classes: data, edit: torn });
    expect(() => load(adapting(build()), path, frozen)).toThrow('"fc.weight" is missing');
  });

  test("is refused where it and a prefix come to one name", async () => {
    const two = (all: Tensors) =>
      new Map([
        ...renamed((name) => `model.${name}`)(all),
        ["stem.weight", all.get("conv1.weight") as NamedArray],
      ] as const);
    const path = await fileOf(build(), { edit: two });
    expect(() => load(adapting(build()), path)).toThrow('"conv1.weight" could be model.conv1.weight, stem.weight');
  });

  test("is used for shapes, and told", async () => {
    const [saved, model] = [build(data, "linear", 1), adapting(build())];
    const edit = (all: Tensors) => renamed(theirName)(changed("conv1.weight", flat)(all));
    const { said } = load(model, await fileOf(saved, { classes: data, edit }), frozen);
    expect(await model.parameters.export()).toEqual(await saved.parameters.export());
    expect(said[1]).toBe("teacher: FILE has other shapes; it was resized: conv1.weight from [108] to [4,3,3,3].");
  });

  test("leaves other shapes to be refused, before anything is changed", async () => {
    const model = adapting(build());
    const before = await model.parameters.export();
    const cut = (array: NamedArray): NamedArray => ({ shape: [107], data: array.data.slice(1) });
    const path = await fileOf(build(data, "linear", 1), { edit: changed("conv1.weight", cut) });
    expect(() => load(model, path)).toThrow('"conv1.weight" is [107], not [4,3,3,3]');
    expect(await model.parameters.export()).toEqual(before);
  });

  test("comes before the rows of a classifier are put in the data's order", async () => {
    const [saved, model] = [build(["cat", "ant", "bee"], "linear", 1), adapting(build())];
    const edit = (all: Tensors) =>
      renamed(theirName)(changed("fc.weight", (array) => turned(array, [3, 4, 1, 1]))(all));
    load(model, await fileOf(saved, { classes: ["cat", "ant", "bee"], edit }), frozen);
    const theirs = (await saved.parameters.export()).get("fc.weight") as NamedArray;
    const ours = (await model.parameters.export()).get("fc.weight") as NamedArray;
    expect([...ours.data]).toEqual([1, 2, 0].flatMap((row) => [...theirs.data.slice(4 * row, 4 * row + 4)]));
  });
});

describe("the classes of a file", () => {
  const order = ["cat", "ant", "bee"];
  /** In the file, row i is of class order[i]; ours is data. */
  const expectedRows = (array: NamedArray) => {
    const length = array.data.length / 3;
    return data.flatMap((name) =>
      [...array.data].slice(order.indexOf(name) * length, (order.indexOf(name) + 1) * length),
    );
  };

  test.each([
    ["linear", ["fc.weight", "fc.bias"]],
    ["squeeze-excite", ["fc.weight", "fc.bias"]],
    ["max-pool-mlp", ["head.fc2.weight", "head.fc2.bias"]],
    ["vgg", ["classifier.6.weight", "classifier.6.bias"]],
  ] as const)("in another order turn the rows of a head %s, and nothing else", async (head, rows) => {
    for (const trained of [true, false]) {
      const [saved, model] = [build(order, head, 1), build(data, head)];
      const { said } = load(model, await fileOf(saved, { classes: order }), { trained });
      const [theirs, ours] = [await saved.parameters.export(), await model.parameters.export()];
      for (const [name, array] of theirs) {
        const isRow = (rows as readonly string[]).includes(name);
        expect([...(ours.get(name)?.data ?? [])], name).toEqual(isRow ? expectedRows(array) : [...array.data]);
      }
      expect(said).toEqual([
        "teacher: the classes in FILE stand in another order than the data's; its classifier was put in order by their names.",
      ]);
    }
  });

  test.each([
    [
      "another name",
      ["ant", "bee", "zebra"],
      "it knows zebra, which the data does not have, and the data has cat, which it does not know",
    ],
    ["names with a hostile one", ["ant", "bee", "\u001b]0;x"], 'it knows "\\u001b]0;x", which'],
    ["a class twice", ["ant", "bee", "bee"], "names one of its classes twice"],
  ])("that are others are refused of a model that nothing trains: %s", async (_, classes, problem) => {
    const path = await fileOf(build(), { classes });
    expect(() => load(build(), path, frozen)).toThrow("FGKD_WEIGHTS_MISMATCH");
    expect(() => load(build(), path, frozen)).toThrow(new RegExp(problem.replaceAll(/[\\[\]]/g, "\\$&")));
    expect(() => load(build(), path, frozen)).toThrow("or let a stage train it");
  });

  test("may be called the same where they stand in the data's order", async () => {
    const cranes = ["crane", "crane", "heron"];
    const path = await fileOf(build(cranes), { classes: cranes });
    const said: string[] = [];
    const logger = { info: (text: string) => said.push(text), warn: (text: string) => said.push(text) };
    loadWeights("teacher", build(cranes), path, logger, { classes: cranes, trained: false });
    expect(said).toEqual([]);
  });

  test("of another number are refused of a model that nothing trains, said in files or not", async () => {
    for (const classes of [undefined, [...data, "dog"]]) {
      const path = await fileOf(build([...data, "dog"]), classes && { classes });
      expect(() => load(build(), path, frozen)).toThrow("its classifier has 4 classes, not 3");
    }
  });

  test("that are others let the classifier of a trained model start afresh, with a word", async () => {
    const [saved, model] = [build(["ant", "bee", "zebra"], "linear", 1), build()];
    const before = await model.parameters.export();
    const { filled, said } = load(model, await fileOf(saved, { classes: ["ant", "bee", "zebra"] }));
    const after = await model.parameters.export();
    expect(after.get("fc.weight")).toEqual(before.get("fc.weight"));
    expect(after.get("conv1.weight")).toEqual((await saved.parameters.export()).get("conv1.weight"));
    expect(filled.has("fc.bias")).toBe(false);
    expect(said[0]).toMatch(/^teacher: the classifier in FILE was made for other classes: .*; it starts afresh\.$/);
  });

  test("are the same however a file system spells their letters", async () => {
    const [nfc, nfd] = ["é".normalize("NFC"), "é".normalize("NFD")];
    expect(nfc).not.toBe(nfd);
    const classes = [nfc, "bee", "cat"];
    expect(
      load(build(classes), await fileOf(build(classes), { classes: [nfd, "bee", "cat"] }), { ...frozen, classes }).said,
    ).toEqual([]);
  });

  test("that the file does not name are told of a model that nothing trains", async () => {
    const path = await fileOf(build());
    expect(load(build(), path).said).toEqual([]);
    expect(load(build(), path, frozen).said).toEqual([
      "teacher: FILE does not name its classes; they are taken in the order of the data's.",
    ]);
  });

  test("turn the rows of every layer that the model says has some", async () => {
    const [saved, model] = [build(order, "max-pool-mlp", 1), build(data, "max-pool-mlp")];
    const rows = ["head.fc2.weight", "head.bn2.bias", "head.fc2.bias"];
    load({ ...model, classRows: rows.slice(0, 1) }, await fileOf(saved, { classes: order }), frozen);
    const [theirs, ours] = [await saved.parameters.export(), await model.parameters.export()];
    for (const name of rows) {
      const array = theirs.get(name) as NamedArray;
      const wanted = name === "head.fc2.weight" ? expectedRows(array) : [...array.data];
      expect([...(ours.get(name)?.data ?? [])], name).toEqual(wanted);
    }
  });

  test("whose rows could be two layers' are refused in another order", async () => {
    const training = createTraining({ plugins: [resnet()], services: { classes: data } });
    const model = training.backbones.create("resnet", {
      depths: [1],
      widths: [4],
      stem,
      head: "max-pool-mlp",
      hidden: 3,
    });
    const path = await fileOf(model, { classes: order });
    expect(() => load(model, path, frozen)).toThrow("which of its weights follow them is not known");
  });
});

describe("a model that nothing trains", () => {
  test.each([
    ["linear", "fc.weight"],
    ["squeeze-excite", "se.fc1.weight"],
    ["max-pool-mlp", "head.bn1.weight"],
  ] as const)("must come whole from its file: a head %s without %s is refused", async (head, name) => {
    const without = (all: Tensors) => new Map([...all].filter(([key]) => key !== name));
    const path = await fileOf(build(data, head), { edit: without });
    expect(() => load(build(data, head), path, frozen)).toThrow(`"${name}" is missing. Nothing trains this model`);
    expect(load(build(data, head), path).said[0]).toContain(`FILE has no ${name}; they start afresh.`);
  });
});

describe("values and types of a file", () => {
  const hold = (dtype: string, width: number) => (path: string) => {
    // Written by hand: fgkd writes neither.
    const header = { "fc.bias": { dtype, shape: [3], data_offsets: [0, 3 * width] } };
    const text = Buffer.from(JSON.stringify(header).padEnd(128));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    writeFileSync(path, Buffer.concat([length, text, Buffer.alloc(3 * width)]));
  };

  test.each([
    ["I64", 8],
    ["I32", 4],
    ["U8", 1],
  ])("of %s where a weight is expected are refused", (dtype, width) => {
    const path = join(folder, `${dtype}.safetensors`);
    hold(dtype, width)(path);
    expect(() => load(build(), path)).toThrow(`"fc.bias" holds whole numbers (${dtype}), as quantised weights do`);
  });

  test.each([
    ["conv1.weight", Number.NaN, "holds NaN (1 of its 108 values are not finite)"],
    ["bn1.running_mean", Number.POSITIVE_INFINITY, "holds Infinity (1 of its 4 values"],
    ["fc.bias", Number.NEGATIVE_INFINITY, "holds -Infinity"],
    ["bn1.running_var", -1, "holds a variance of -1"],
  ])("in %s of %d are refused by file and tensor, before anything is changed", async (name, value, problem) => {
    const path = await fileOf(build(), { edit: changed(name, withValue(value)) });
    const model = build();
    const before = await model.parameters.export();
    for (const use of [{}, frozen])
      expect(() => load(model, path, use)).toThrow(`FGKD_CORRUPT_FILE ${path}: tensor "${name}" ${problem}`);
    expect(await model.parameters.export()).toEqual(before);
  });

  test("are named as the file has them", async () => {
    const edit = (all: Tensors) =>
      renamed((name) => `module.${name}`)(changed("conv1.weight", withValue(Number.NaN))(all));
    const path = await fileOf(build(), { edit });
    expect(() => load(build(), path)).toThrow('tensor "module.conv1.weight" holds NaN');
  });

  test("that nobody uses may be anything", async () => {
    const edit = (all: Tensors) =>
      new Map([...all, ["ema.x", { shape: [1], data: Float32Array.of(Number.NaN) }]] as const);
    expect(load(build(), await fileOf(build(), { edit })).said[0]).toContain("also has ema.x");
  });

  test("of a counter are whole, in whichever type", async () => {
    const count = (value: number) =>
      changed("bn1.num_batches_tracked", () => ({ shape: [], data: Float32Array.of(value) }));
    const model = build();
    load(model, await fileOf(build(), { edit: count(7) }));
    expect((await model.parameters.export()).get("bn1.num_batches_tracked")?.data).toEqual(BigInt64Array.of(7n));
    for (const value of [Number.NaN, 0.5]) {
      const path = await fileOf(build(), { edit: count(value) });
      expect(() => load(build(), path)).toThrow("FGKD_CORRUPT_FILE");
    }
  });

  test("that are all 0 are refused", async () => {
    const path = await fileOf(build(), {
      edit: (all) => new Map([...all].map(([name, a]) => [name, name.endsWith("weight") ? zeros(a) : a])),
    });
    expect(() => load(build(), path)).toThrow("holds nothing but zeros in every weight");
  });

  test("are never met by an error without a code", async () => {
    const path = await fileOf(build(), {
      edit: changed("conv1.weight", ({ shape, data }) => ({ shape, data: new BigInt64Array(data.length) })),
    });
    expect(() => load(build(), path)).toThrow(FgkdError);
  });
});
