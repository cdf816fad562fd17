import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { modelsFirst } from "../../../../core/cli/explain/explain-images.js";
import type { Config } from "../../../../core/index.js";
import { alone, createHome, type Home, members, trained } from "../../prediction/pictures.js";
import { createWorld } from "../world.js";

let home: Home;
let run = "";
let ensemble = "";
let birds = "";
beforeAll(async () => {
  home = await createHome();
  run = await trained(home, alone);
  ensemble = await trained(home, members);
  const data = { name: "birds", classes: 3, train: 2, test: 4, workers: 1 };
  birds = await trained(home, alone, { data } as Config, "birds");
}, 60_000);
afterAll(() => home.remove());

const createPictureWorld = () => createWorld({ presets: [alone, members] });

interface Document {
  readonly columns: readonly string[];
  readonly images: readonly {
    readonly image: string;
    readonly area?: Readonly<Record<string, number>>;
    readonly explanations: readonly {
      readonly column: string;
      readonly method: string;
      readonly answer: { readonly label: string; readonly probability: number };
      readonly asked: { readonly label: string; readonly probability: number };
      readonly peak: { readonly x: number; readonly y: number } | null;
      readonly map: readonly (readonly number[])[];
      readonly parts?: Readonly<Record<string, number>>;
    }[];
  }[];
  readonly parts?: { readonly models: Readonly<Record<string, Readonly<Record<string, number>>>> };
}

describe("fgkd explain", () => {
  test("lays maps over images, one by one and in a grid of runs side by side", async () => {
    const world = await createPictureWorld();
    expect(await world.fgkd(`explain ${run} ${ensemble} ${home.photos}/test/wren --out seen --side 64`)).toBe(0);
    expect(world.err).toBe("");
    expect(world.out).toMatch(/\/test\/wren\/0\.png\n {2}alone: (finch|wren) \(\d+\.\d %\); looks .* \(cam\)\n/);
    expect(world.out).toContain("Pictures: ");
    const files = readdirSync(join(world.cwd, "seen"));
    expect(files).toHaveLength(16);
    expect(files).toEqual(expect.arrayContaining(["001-0-alone.png", "002-1-members-member-2.png", "grid.png"]));
    const sizeOf = async (file: string) => {
      const { width, height } = await sharp(join(world.cwd, "seen", file)).metadata();
      return [width, height];
    };
    // What the network is given of a picture; the grid has the image and three models, five images, and room for words.
    expect(await sizeOf("001-0-alone.png")).toEqual([16, 16]);
    expect((await sizeOf("grid.png"))[0]).toBe(6 + 4 * (64 + 6));
    expect(await world.fgkd(`explain ${run} ${home.photos}/test/wren --out seen`)).toBe(1);
    expect(world.err).toContain("seen: is not empty. Name another folder with --out.");
  });

  test("leaves no folder where no image could be looked at", async () => {
    const world = await createPictureWorld();
    await writeFile(join(world.cwd, "bad.jpg"), "no picture");
    expect(await world.fgkd(`explain ${run} bad.jpg`)).toBe(1);
    expect(world.err).toContain("warning bad.jpg: is not a JPEG");
    expect(readdirSync(world.cwd)).toEqual(["bad.jpg"]);
  });

  test("says as JSON what predict says, where maps are highest, and what they are, and leaves no picture", async () => {
    const world = await createPictureWorld();
    const places = `${home.photos}/test/finch/0.png ${home.photos}/test/wren/1.jpeg`;
    expect(await world.fgkd(`predict ${run} ${places} --top 1 --tta none --format jsonl`)).toBe(0);
    const predicted = world.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).guesses[0]);
    const before = world.out.length;
    expect(await world.fgkd(`explain ${run} ${places} --class finch --method grad-cam --json`)).toBe(0);
    const { columns, images, parts } = JSON.parse(world.out.slice(before)) as Document;
    expect([columns, parts, readdirSync(world.cwd)]).toEqual([["student"], undefined, []]);
    expect(images.map(({ explanations: [one] }) => one?.answer)).toEqual(predicted);
    for (const { explanations } of images)
      for (const { method, asked, peak, map } of explanations) {
        expect([method, asked.label, map.length, map[0]?.length]).toEqual(["grad-cam", "finch", 4, 4]);
        const most = Math.max(...map.flat());
        expect(peak === null ? most : most > 0).toBe(peak === null ? 0 : true);
      }
  });

  test("asks about the class that an image's folder names; names what it cannot know or read, and ends with 1", async () => {
    const world = await createPictureWorld();
    mkdirSync(join(world.cwd, "some"));
    writeFileSync(join(world.cwd, "some/a.png"), readFileSync(join(home.photos, "test/wren/0.png")));
    writeFileSync(join(world.cwd, "some/broken.png"), "no picture");
    const places = `some ${home.photos}/test/wren/0.png ${home.photos}/test/finch/0.png`;
    expect(await world.fgkd(`explain ${run} ${places} --class true --json`)).toBe(1);
    const { images } = JSON.parse(world.out) as Document;
    expect(images.map(({ explanations: [one] }) => one?.asked.label)).toEqual(["wren", "finch"]);
    expect(world.err).toContain("warning some/a.png: its class is not known, or none of the model's\n");
    expect(world.err).toContain("warning some/broken.png: is not a JPEG, PNG, WebP or GIF image\n");
    expect(world.err).toContain("2 problems among 4 images: see above.");
  });

  test("tells how much attention lies on which part of drawn birds", async () => {
    const world = await createPictureWorld();
    expect(await world.fgkd(`explain ${birds} --drawn 6 --class true --json`)).toBe(0);
    const { images, parts } = JSON.parse(world.out) as Document;
    // Four test images of each of three kinds: every other one.
    expect(images.map(({ image }) => image)).toEqual([0, 2, 4, 6, 8, 10].map((index) => `bird ${index}`));
    expect(new Set(images.map(({ explanations: [one] }) => one?.asked.label)).size).toBe(3);
    const sum = (shares: object = {}) =>
      Object.values(shares).reduce((total: number, share: number) => total + share, 0);
    for (const { area, explanations } of images) {
      expect(sum(area)).toBeCloseTo(1, 9);
      expect(sum(explanations[0]?.parts)).toBeCloseTo(1, 5);
    }
    const mean = images.reduce((total, { explanations: [one] }) => total + (one?.parts?.wing ?? 0) / 6, 0);
    expect(parts?.models.student?.wing).toBeCloseTo(mean, 12);
    expect(await world.fgkd(`explain ${birds} --drawn 2 --out seen`)).toBe(0);
    expect(world.out).toMatch(
      /attention on +eye +beak +wing +tail +rest of the bird +background\nshare of the area +\d/,
    );
    expect(await world.fgkd(`explain ${run} --drawn 2`)).toBe(1);
    expect(world.err).toContain("--drawn: the first model is not of a run on drawn birds. Name images instead.");
  });

  test("refuses what there is not", async () => {
    const world = await createPictureWorld();
    const photo = `${home.photos}/test/wren/0.png`;
    expect(await world.fgkd(`explain ${run}`)).toBe(1);
    expect(world.err).toContain(
      "there is no image among what is given. Name files, folders or patterns after the models.",
    );
    expect(await world.fgkd(`explain ${run} ${photo} --class robin --json`)).toBe(1);
    expect(world.err).toContain('no class is registered as "robin". Registered: finch, wren.');
    expect(await world.fgkd(`explain ${run} ${photo} --method rollout --json`)).toBe(1);
    expect(world.err).toContain(
      "the model student has what it takes for, which rollout has not: it needs a transformer",
    );
    expect(await world.fgkd(`explain ${run} ${photo} --opacity 2`)).toBe(1);
    expect(world.err).toContain("It must be from 0 to 1.");
  });

  test("takes the first place for a model, and those after it that look like one", () => {
    expect(modelsFirst(["gone", run, "a.safetensors", "photos", "b.safetensors"], "/")).toEqual([
      ["gone", run, "a.safetensors"],
      ["photos", "b.safetensors"],
    ]);
    expect(modelsFirst([run, home.photos], "/")).toEqual([[run], [home.photos]]);
  });
});
