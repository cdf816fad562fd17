import { describe, expect, test } from "vitest";
import { createTraining } from "../../../core/index.js";
import { layOut } from "../../../plugins/data/birds/anatomy.js";
import { birdDefaults, birdScene } from "../../../plugins/data/birds/catalogue.js";
import { renderBird } from "../../../plugins/data/birds/render.js";
import { MOST_SPECIES, type PartName, speciesAt, speciesName } from "../../../plugins/data/birds/species.js";
import { type BirdOptions, birdParts, sources } from "../../../plugins/data/index.js";
import { colourHistogram, trainLinear } from "./colour-classifier.js";
import { collect, input, keep, testPass } from "./support.js";

const open = async (options: BirdOptions = {}) =>
  keep(
    await createTraining({ plugins: [sources()] })
      .sources.create("birds", { workers: 1, ...options })
      .open(),
  );

const kinds = Array.from({ length: MOST_SPECIES }, (_, index) => speciesAt(index));
const parts: readonly PartName[] = ["beak", "wing", "tail", "eye"];

describe("the built-in birds", () => {
  test("are twelve kinds, sixty to learn from and twenty-five to be tested on", async () => {
    const source = await open();
    expect([source.classes.length, source.count("train"), source.count("test")]).toEqual([12, 720, 300]);
    expect(source.classes[3]).toBe("hook beak, wing patch, pointed tail, eye ring");
  });

  test("come in other numbers on request, and are then fingerprinted otherwise", async () => {
    const source = await open({ classes: 3, train: 5, test: 2 });
    const [all] = await collect(source, { batchSize: 6 }, testPass);
    expect([source.count("train"), source.count("test")]).toEqual([15, 6]);
    expect(all?.labels).toEqual([0, 0, 1, 1, 2, 2]);
    expect(source.fingerprint).not.toBe((await open()).fingerprint);
    expect((await open()).fingerprint).toBe((await open()).fingerprint);
  });

  test("are drawn with the same pixels every time", () => {
    const scene = birdScene("test", 42, birdDefaults);
    expect(renderBird(scene, 40).data).toEqual(renderBird(birdScene("test", 42, birdDefaults), 40).data);
    expect(renderBird(scene, 40).data).not.toEqual(renderBird(birdScene("train", 42, birdDefaults), 40).data);
  });

  test("come smaller on request, and are otherwise the same", () => {
    const small = birdScene("test", 7, { ...birdDefaults, size: 0.5 });
    const large = birdScene("test", 7, birdDefaults);
    expect(small.plumage).toEqual(large.plumage);
    expect(small.pose.unit).toBeCloseTo(large.pose.unit / 2);
  });

  test("go through the same passes as photographs", async () => {
    const source = await open({ classes: 2, train: 4, test: 1 });
    const pass = { batchSize: 8, input: { ...input, resize: 24, crop: 20 } };
    const [first] = await collect(source, pass);
    expect(first?.shape).toEqual([8, 20, 20, 3]);
    expect(await collect(source, pass)).toEqual([first]);
  });

  test.each([
    [{ classes: 1 }, '[source birds] option "classes" must be a whole number from 2 to 24, received 1'],
    [{ size: 0.1 }, 'option "size" must be between 0.4 and 1, received 0.1'],
    [{ train: 0 }, 'option "train" must be whole and positive'],
  ])("refuse the options %j", async (options, text) => {
    await expect(open(options)).rejects.toThrow(text);
  });
});

describe("the kinds", () => {
  test("differ in at least two parts, any two of them", () => {
    for (const [i, one] of kinds.entries()) {
      for (const other of kinds.slice(0, i)) {
        expect(parts.filter((part) => one[part] !== other[part]).length).toBeGreaterThanOrEqual(2);
      }
    }
    expect(new Set(kinds.map(speciesName)).size).toBe(MOST_SPECIES);
  });

  test.each(parts)("are told apart at the true place of the %s and nowhere else", (part) => {
    const size = 96;
    for (const index of [0, 75, 130, 290]) {
      const scene = birdScene("test", index, birdDefaults);
      const { parts: here } = birdParts("test", index);
      for (const species of kinds.map((kind) => ({ ...scene.species, [part]: kind[part] }))) {
        const other = { ...scene, species };
        const changed = changedPixels(renderBird(scene, size).data, renderBird(other, size).data, size);
        if (species[part] === scene.species[part]) expect(changed).toEqual([]);
        const there = layOut(other).parts[part];
        const inside = ([x, y]: readonly [number, number]) =>
          [here[part], there].some(
            ({ left, top, right, bottom }) =>
              x + 1 >= left * size && x <= right * size && y + 1 >= top * size && y <= bottom * size,
          );
        expect(changed.filter((pixel) => !inside(pixel))).toEqual([]);
        if (species[part] !== scene.species[part]) expect(changed.length).toBeGreaterThan(3);
      }
    }
  });

  test("have their parts inside of the picture, nearly always", () => {
    let cut = 0;
    for (let index = 0; index < 300; index++) {
      const size = index % 2 === 0 ? 1 : 0.5;
      for (const { left, top, right, bottom } of Object.values(birdParts("test", index, { size }).parts)) {
        expect(right > left && bottom > top).toBe(true);
        if (left < 0.01 || top < 0.01 || right > 0.99 || bottom > 0.99) cut++;
      }
    }
    expect(cut).toBeLessThan(12);
  });

  test("cannot be told apart by colour", () => {
    const look = (split: "train" | "test", count: number, tint = 0) =>
      Array.from({ length: count }, (_, i) => {
        const pixels = renderBird(birdScene(split, i, birdDefaults), 32);
        const { label } = birdParts(split, i);
        for (let red = 0; red < pixels.data.length; red += 3) pixels.data[red] = (pixels.data[red] ?? 0) + tint * label;
        return { features: colourHistogram(pixels), label };
      });
    const accuracy = (tint: number) => {
      const classify = trainLinear(look("train", 720, tint), 12);
      const seen = look("test", 300, tint);
      return seen.filter(({ features, label }) => classify(features) === label).length / seen.length;
    };
    // Chance is 8.3 %; three standard deviations above it are 13 %.
    expect(accuracy(0)).toBeLessThan(0.14);
    // The same classifier does find colour where there is some: here a class is a shade of red.
    expect(accuracy(20)).toBeGreaterThan(0.3);
  });
});

function changedPixels(one: Uint8Array, other: Uint8Array, size: number): (readonly [x: number, y: number])[] {
  const pixels = Array.from({ length: size * size }, (_, i) => i);
  const differs = (i: number) => [0, 1, 2].some((c) => one[i * 3 + c] !== other[i * 3 + c]);
  return pixels.filter(differs).map((i) => [i % size, Math.floor(i / size)]);
}
