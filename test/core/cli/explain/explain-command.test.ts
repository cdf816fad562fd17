import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { modelsFirst } from "../../../../core/cli/explain/explain-images.js";
import { attentionOnParts } from "../../../../core/cli/explain/explain-parts.js";
import type { Config } from "../../../../core/index.js";
import { alone, createHome, type Home, members, trained } from "../../prediction/pictures.js";
import { createWorld } from "../world.js";

const cub = new URL("../../../../../shared/data/layouts/CUB_200_2011", import.meta.url).pathname;

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

  test.skipIf(!existsSync(cub))(
    "tells how much lies on which part of CUB's birds (skipped without ../shared)",
    async () => {
      const data = { name: "folder", path: cub, layout: "cub", workers: 1 };
      const place = await trained(home, alone, { data } as Config, "cub");
      const world = await createPictureWorld();
      expect(await world.fgkd(`explain ${place} --tested 100 --class true --json`), world.err).toBe(0);
      const { images, parts } = JSON.parse(world.out) as Document;
      const said = (name: string) => readFileSync(join(cub, name), "utf8").trim().split("\n");
      const idOf = new Map(said("images.txt").map((line) => line.split(" ").reverse() as [string, string]));
      const isTest = new Set(
        said("train_test_split.txt")
          .filter((line) => line.endsWith(" 0"))
          .map((line) => line.split(" ")[0]),
      );
      expect(images).toHaveLength(isTest.size);
      for (const { image, area = {}, explanations } of images) {
        const id = idOf.get(image.slice(image.indexOf("images/") + 7)) as string;
        expect(isTest.has(id)).toBe(true);
        expect(image).toContain(`/${explanations[0]?.asked.label}/`);
        const visible = said("parts/part_locs.txt").filter((line) => line.startsWith(`${id} `) && line.endsWith(" 1"));
        // What is hidden has no area.
        const names = new Map(
          said("parts/parts.txt").map((line) => [line.split(" ")[0], line.replace(/^\d+ (left |right )?/, "")]),
        );
        const seen = new Set(visible.map((line) => names.get(line.split(" ")[1])));
        for (const [part, share] of Object.entries(area))
          if (!["rest", "background"].includes(part) && !seen.has(part)) expect(share).toBe(0);
        expect(Object.values(area).reduce((total, share) => total + share)).toBeCloseTo(1, 9);
        expect(Object.values(explanations[0]?.parts ?? {}).reduce((total, share) => total + share)).toBeCloseTo(1, 5);
      }
      expect(Object.keys(parts?.models.student ?? {})).toEqual([
        "back",
        "beak",
        "belly",
        "breast",
        "crown",
        "eye",
        "forehead",
        "leg",
        "nape",
        "tail",
        "throat",
        "wing",
        "rest",
        "background",
      ]);
      const before = world.out.length;
      expect(await world.fgkd(`explain ${place} --tested 2 --out seen`)).toBe(0);
      expect(world.out.slice(before)).toMatch(
        /attention on +share of the area +student\nback +\d+\.\d % +\d+\.\d %\nbeak/,
      );
    },
  );

  test("takes photographs that a run is tested on, where nobody says where parts are, and refuses what are none", async () => {
    const world = await createPictureWorld();
    expect(await world.fgkd(`explain ${run} --tested 3 --class true --json`)).toBe(0);
    const { images, parts } = JSON.parse(world.out) as Document;
    expect(parts).toBeUndefined();
    expect(images.map(({ image }) => image.slice(image.indexOf("/test/")))).toEqual([
      "/test/finch/0.png",
      "/test/finch/3.jpeg",
      "/test/wren/1.jpeg",
    ]);
    expect(await world.fgkd(`explain ${birds} --tested 3`)).toBe(1);
    expect(world.err).toContain("--tested: the first model was not tested on files. Name images instead.");
    expect(await world.fgkd(`explain ${birds} --tested 3 --drawn 2`)).toBe(1);
    expect(world.err).toContain("--drawn: --tested is named, too. Leave one of them out.");
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

describe("attention on parts", () => {
  const box = { left: 20, top: 0, width: 40, height: 20 };
  const parts = { "left eye": [25, 5], "right eye": [33, 5], tail: [58, 15] } as const;
  const names = ["eye", "leg", "tail"];
  /** One place of a map of 8 × 8 over 80 pixels. */
  const at = (x: number, y: number, seen = { left: 0, top: 0, width: 80, height: 80 }) => {
    const map = new Float32Array(64);
    map[8 * y + x] = 3;
    const shares = attentionOnParts(map, seen, { parts, box }, names);
    expect(Object.keys(shares)).toEqual(["eye", "leg", "tail", "rest", "background"]);
    return Object.entries(shares).filter(([, share]) => share > 0);
  };

  test("is on the nearest part within a tenth of the box, on the rest of the box, or beside it", () => {
    expect(at(2, 0)).toEqual([["eye", 1]]);
    expect(at(3, 0)).toEqual([["eye", 1]]);
    expect(at(5, 1)).toEqual([["tail", 1]]);
    expect(at(4, 1)).toEqual([["rest", 1]]);
    expect(at(2, 2)).toEqual([["background", 1]]);
  });

  test("is sought where the network looks, in a part of the picture", () => {
    // The middle of each place is then a quarter as far from the corner of what is seen.
    const seen = { left: 23, top: 3, width: 20, height: 20 };
    expect(at(0, 0, seen)).toEqual([["eye", 1]]);
    expect(at(7, 7, seen)).toEqual([["background", 1]]);
  });

  test("is shared by what it lies on, and nowhere where there is none", () => {
    const even = attentionOnParts(
      new Float32Array(6400).fill(1),
      { left: 0, top: 0, width: 80, height: 80 },
      { parts, box },
      names,
    );
    // Circles of 4 pixels, of which the tail's reaches over the box; the eyes' do not.
    expect(even.eye).toBeCloseTo((2 * Math.PI * 16) / 6400, 2);
    expect(even.tail).toBeCloseTo((Math.PI * 16) / 6400, 2);
    expect(even.leg).toBe(0);
    const none = attentionOnParts(
      new Float32Array(64),
      { left: 0, top: 0, width: 80, height: 80 },
      { parts, box },
      names,
    );
    expect(Object.values(none)).toEqual([0, 0, 0, 0, 0]);
  });
});
