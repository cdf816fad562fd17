import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTraining, encodeSafetensors, fitsModel, type Model, type NamedArray } from "../../../core/index.js";
import { withValuesLater } from "../../../core/models/parameters.js";
import { loadWeights } from "../../../core/models/weights.js";
import { resnet } from "../../../plugins/backbones/index.js";
import { startEngine } from "../../support/engines.js";
import "../../support/matchers.js";

const folder = mkdtempSync(join(tmpdir(), "fgkd-weights-"));
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(() => startEngine("cpu"));

function build(classes = 3, head: "linear" | "squeeze-excite" | "max-pool-mlp" = "linear", seed = 0): Model {
  const names = Array.from({ length: classes }, (_, index) => `class ${index}`);
  const training = createTraining({ plugins: [resnet()], config: { seed }, services: { classes: names } });
  const stem = { filters: 4, size: 3, stride: 1, pool: false };
  return training.backbones.create("resnet", { depths: [1], widths: [4], stem, head });
}

/** A file with a model's weights, its names and arrays changed by `edit`. */
async function fileOf(model: Model, edit: (name: string, array: NamedArray) => readonly [string, NamedArray][]) {
  const tensors = new Map([...(await model.parameters.export())].flatMap(([name, array]) => edit(name, array)));
  const path = join(folder, `${crypto.randomUUID()}.safetensors`);
  writeFileSync(path, Buffer.concat([...encodeSafetensors({ tensors, metadata: {} })]));
  return path;
}

const unchanged = (name: string, array: NamedArray) => [[name, array]] as [string, NamedArray][];

function listen() {
  const said: string[] = [];
  return {
    said,
    logger: { info: (line: string) => void said.push(line), warn: (line: string) => void said.push(line) },
  };
}

describe("loading weights", () => {
  test("makes the model what was saved, and names what it filled", async () => {
    const [saved, model] = [build(3, "linear", 1), build()];
    const { said, logger } = listen();
    const filled = loadWeights("student", model, await fileOf(saved, unchanged), logger);
    expect(await model.parameters.export()).toEqual(await saved.parameters.export());
    expect([...filled].sort()).toEqual([...model.parameters.shapes.keys()].sort());
    expect(said).toEqual([]);
  });

  test.each(["module.", "model.", "state_dict.", "state_dict.module.model."])(
    "takes the prefix %s off",
    async (prefix) => {
      const [saved, model] = [build(3, "linear", 1), build()];
      const path = await fileOf(saved, (name, array) => [[prefix + name, array]]);
      expect(loadWeights("student", model, path).size).toBe(model.parameters.shapes.size);
      expect(await model.parameters.export()).toEqual(await saved.parameters.export());
    },
  );

  test("drops a classifier for other classes, all of it, and says so", async () => {
    const [saved, model] = [build(5, "linear", 1), build(3)];
    const fresh = (await model.parameters.export()).get("fc.weight");
    const { said, logger } = listen();
    const path = await fileOf(saved, unchanged);
    const filled = loadWeights("student", model, path, logger);
    expect([...filled].filter((name) => name.startsWith("fc."))).toEqual([]);
    expect((await model.parameters.export()).get("fc.weight")).toEqual(fresh);
    expect(said).toEqual([`student: the classifier in ${path} has 5 classes, not 3; it starts afresh.`]);
  });

  test("lets a head of several layers start afresh where the file has another head, or other classes", async () => {
    const model = build(3, "max-pool-mlp");
    for (const other of [build(3, "linear", 1), build(5, "max-pool-mlp", 1)]) {
      const { said, logger } = listen();
      const fresh = (await model.parameters.export()).get("head.fc2.weight");
      const filled = loadWeights("student", model, await fileOf(other, unchanged), logger);
      const theirs = await other.parameters.export();
      expect((await model.parameters.export()).get("conv1.weight")).toEqual(theirs.get("conv1.weight"));
      expect((await model.parameters.export()).get("head.fc2.weight")).toEqual(fresh);
      expect([...filled].filter((name) => name.startsWith("head."))).toEqual([]);
      expect(said.length).toBeGreaterThan(0);
    }
  });

  test("fills a model that nothing was drawn for, and what it does not fill is drawn then, and no more", async () => {
    const path = await fileOf(build(5, "linear", 1), unchanged);
    const model = withValuesLater(() => build(3));
    loadWeights("student", model, path, listen().logger);
    const greatest = async () => {
      const { data } = (await model.parameters.export()).get("fc.weight") as NamedArray;
      return Math.max(...(data as Float32Array));
    };
    expect(await greatest()).toBe(0);
    model.parameters.drawRest();
    const [own, theirs] = [await model.parameters.export(), await build(5, "linear", 1).parameters.export()];
    expect(own.get("layer1.0.conv1.weight")).toEqual(theirs.get("layer1.0.conv1.weight"));
    expect(await greatest()).toBeGreaterThan(0);
    model.parameters.drawRest();
    expect(await model.parameters.export()).toEqual(own);
  });

  test("that fill nothing leave a model that was drawn later as one that was drawn at once", async () => {
    const model = withValuesLater(() => build(3, "squeeze-excite"));
    model.parameters.drawRest();
    expect(await model.parameters.export()).toEqual(await build(3, "squeeze-excite").parameters.export());
  });

  test("goes without counters", async () => {
    const path = await fileOf(build(), (name, array) => (name.endsWith("tracked") ? [] : unchanged(name, array)));
    const { said, logger } = listen();
    loadWeights("student", build(), path, logger);
    expect(said).toEqual([]);
  });

  test("lets a head start afresh that the file does not have, and says so", async () => {
    const path = await fileOf(build(), (name, array) => (name.startsWith("fc.") ? [] : unchanged(name, array)));
    const { said, logger } = listen();
    const filled = loadWeights("teacher", build(3, "squeeze-excite"), path, logger);
    expect(filled.has("conv1.weight")).toBe(true);
    expect(filled.has("se.fc1.weight")).toBe(false);
    expect(said[0]).toContain("has no se.fc1.weight, se.fc1.bias, se.fc2.weight, se.fc2.bias, fc.weight, fc.bias");
  });

  test("says what the file has and the model does not", async () => {
    const path = await fileOf(build(3, "squeeze-excite"), unchanged);
    const { said, logger } = listen();
    loadWeights("student", build(), path, logger);
    expect(said[0]).toContain(
      "also has se.fc1.weight, se.fc1.bias, se.fc2.weight, se.fc2.bias, which the model does not use",
    );
  });

  test("refuses a file that lacks a part of the trunk", async () => {
    const path = await fileOf(build(), (name, array) => (name === "bn1.running_mean" ? [] : unchanged(name, array)));
    expect(() => loadWeights("student", build(), path)).toThrow('role "student": "bn1.running_mean" is missing');
  });

  test("refuses other shapes before it has changed anything", async () => {
    const flat = (array: NamedArray): NamedArray => ({ ...array, shape: [array.data.length] });
    const path = await fileOf(build(3, "linear", 1), (name, array) =>
      unchanged(name, name === "layer1.0.conv2.weight" ? flat(array) : array),
    );
    const model = build();
    const before = await model.parameters.export();
    expect(() => loadWeights("student", model, path)).toThrow('"layer1.0.conv2.weight" is [144], not [4,4,3,3]');
    expect(await model.parameters.export()).toEqual(before);
  });

  test("refuses weights of another network, naming what does not fit", async () => {
    const path = await fileOf(build(), (name, array) => [[`blocks.${name}`, array]]);
    expect(() => loadWeights("student", build(), path)).toThrow("FGKD_WEIGHTS_MISMATCH");
  });

  test("refuses a file that is not there", () => {
    expect(() => loadWeights("student", build(), join(folder, "none.safetensors"))).toThrow("FGKD_PATH");
  });
});

describe("whether a file fits a model", () => {
  const { backbones } = createTraining({ plugins: [resnet()], services: { classes: ["one", "other"] } });
  const stem = { filters: 4, size: 3, stride: 1, pool: false };
  const fits = (path: string, depths: readonly number[], width = 4) =>
    fitsModel(path, () => backbones.create("resnet", { depths, widths: depths.map(() => width), stem }));

  test("is seen by all of its names and shapes, whatever its classes", async () => {
    const path = await fileOf(build(3), unchanged);
    expect(fits(path, [1])).toBe(true);
    // A deeper network lacks blocks, a shallower one has blocks too many in the file: both have all that they share.
    expect(fits(path, [2])).toBe(false);
    const deeper = await fileOf(backbones.create("resnet", { depths: [2], widths: [4], stem }), unchanged);
    expect(fits(deeper, [1])).toBe(false);
    expect(fits(path, [1], 8)).toBe(false);
    expect(fitsModel(path, () => backbones.choose({ name: "resnet" }))).toBe(false);
  });

  test("takes neither draws nor memory, and leaves models made afterwards as they are", async () => {
    const path = await fileOf(build(3), unchanged);
    const before = process.memoryUsage.rss();
    // Three hundred million weights.
    expect(fits(path, [3, 4, 6, 3], 1024)).toBe(false);
    expect(process.memoryUsage.rss() - before).toBeLessThan(2 ** 28);
    const drawn = await build(3).parameters.export();
    expect(drawn.get("conv1.weight")?.data.some((value) => value !== 0)).toBe(true);
  });
});

describe("what does not fit", () => {
  const other = (name: string, array: NamedArray): [string, NamedArray][] => {
    if (name === "conv1.weight") return [[name, { shape: [4, 3, 1, 1], data: new Float32Array(12).fill(1) }]];
    return [[name === "layer1.0.bn1.bias" ? "layer1.0.norm1.bias" : name, array]];
  };

  test("is shown as a table: both shapes, and of a missing name the nearest", async () => {
    const path = await fileOf(build(), other);
    expect(() => loadWeights("student", build(), path)).toThrow(
      [
        "Choose the backbone they were made for.",
        '  missing     layer1.0.bn1.bias  [4], nearest: "layer1.0.norm1.bias"',
        "  mismatched  conv1.weight  [4,3,3,3], in the file [4,3,1,1]",
        "  unexpected  layer1.0.norm1.bias  [4]",
      ].join("\n"),
    );
  });

  test.each([true, false])("is left out and listed where the user is not strict (trained: %s)", async (trained) => {
    const [saved, model] = [build(3, "linear", 1), build()];
    const [before, path] = [await model.parameters.export(), await fileOf(saved, other)];
    const { said, logger } = listen();
    const filled = loadWeights("student", model, path, logger, { trained, strict: false });
    const [after, theirs] = [await model.parameters.export(), await saved.parameters.export()];
    for (const [name, array] of after) {
      const isLeftOut = name === "conv1.weight" || name === "layer1.0.bn1.bias";
      expect(array, name).toEqual((isLeftOut ? before : theirs).get(name));
      expect(filled.has(name), name).toBe(!isLeftOut);
    }
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(`student: of ${path} not everything was loaded:\n  missing     layer1.0.bn1.bias`);
  });

  test("is refused all the same where it is everything, or classes that nothing would train", async () => {
    const load = (path: string, trained: boolean) => () =>
      loadWeights("student", build(), path, undefined, { trained, strict: false });
    const others = await fileOf(build(), (name, array) => [[`trunk.${name}`, array]]);
    expect(load(others, true)).toThrow("FGKD_WEIGHTS_MISMATCH");
    expect(load(await fileOf(build(4), unchanged), false)).toThrow("its classifier has 4 classes, not 3");
  });
});
