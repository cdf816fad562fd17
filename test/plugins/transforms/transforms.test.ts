import { createHash } from "node:crypto";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import {
  createTraining,
  definePlugin,
  type InputSettings,
  type Pass,
  prepareSource,
  type Source,
  type Transform,
} from "../../../core/index.js";
import { sources } from "../../../plugins/data/index.js";
import { transforms } from "../../../plugins/transforms/index.js";
import { mirror } from "../../../plugins/transforms/pixels/cut.js";
import { randomPart, tries } from "../../../plugins/transforms/threads.js";
import { classFolders, collect, folderWith, input, keep, testPass, trainPass } from "../data/support.js";

declare module "../../../core/index.js" {
  interface Transforms {
    "test-tint": { readonly level?: number };
  }
}

/** A stranger's module for the threads: paints the first channel with a drawn level. */
const tint = `export const transform = ({ width, height, data }, { options, drawn }) => {
  const painted = data.slice();
  for (let i = 0; i < painted.length; i += 3) painted[i] = options.level + Math.floor(drawn[0] * 50);
  return { width, height, data: painted };
};`;

let images: string;
let theirs: string;

beforeAll(async () => {
  images = await folderWith(await classFolders(["train", "test"], ["a", "b"], 6));
  theirs = await folderWith({
    "package.json": '{ "type": "module" }',
    "tint.js": tint,
    "typed.ts": `type Picture = { readonly width: number; readonly height: number; readonly data: Uint8Array };\n${tint.replace(
      "({ width, height, data }, { options, drawn })",
      "({ width, height, data }: Picture, { options, drawn }: { options: { level: number }; drawn: readonly number[] })",
    )}`,
    "broken.js": 'export const transform = () => { throw new Error("the colours ran out"); };',
    "empty.js": "export const other = 1;",
    "spread.js": "export const transform = (picture) => ({ ...picture, data: picture.data.map(() => 200) });",
    "odd.js": "export const transform = () => ({ width: 3, height: 3, data: new Uint8Array(5) });",
  });
});

/** Opens the folder as a run does, with a stranger's transform in one of the files. */
async function open(file = "tint.js", options: object = {}): Promise<Source> {
  const stranger = definePlugin({
    name: "stranger",
    defaults: {},
    register: ({ transforms }) =>
      transforms.register("test-tint", {
        defaults: { level: 100 },
        create: (options): Transform => ({
          module: join(theirs, file),
          options,
          draw: (random) => [random.next()],
        }),
      }),
  });
  const training = createTraining({ plugins: [sources(), transforms(), stranger()] });
  const source = await training.sources.create("folder", { path: images, workers: 1, ...options }).open();
  return prepareSource(keep(source), training.transforms);
}

const passWith = (lists: InputSettings["transforms"], more: Partial<InputSettings> = {}): Partial<Pass> => ({
  input: { ...input, ...more, ...(lists && { transforms: lists }) },
});

const small = { resize: 18, crop: 12, pad: 2, flip: 0.5 };

describe("a list of transforms", () => {
  test("written out as the usual one gives the same bytes, in training and in tests", async () => {
    const source = await open();
    const lists = {
      train: [{ name: "resize" }, { name: "random-crop" }, { name: "flip" }],
      test: [{ name: "resize" }, { name: "center-crop" }],
    } as const;
    expect(await collect(source, passWith(lists, small))).toEqual(await collect(source, passWith(undefined, small)));
    const tests = [lists, undefined].map((list) => collect(source, passWith(list, small), testPass));
    const [written, usual] = await Promise.all(tests);
    expect(written).toEqual(usual);
  });

  test.each([
    ["train", "7a11bf11d505e25e4a7837a177968ffb192005a93597acd40bacc92a193aec3d"],
    ["test", "e1cd5437a8ea43ae0fb22b5b0cdb481ccb1312db290cb54e002dc24c06645e82"],
  ] as const)("of %s, where settings have none, gives the bytes of before there were lists", async (mode, digest) => {
    const training = createTraining({ plugins: [sources()] });
    const options = { classes: 2, train: 4, test: 2, workers: 1 };
    const birds = keep(await training.sources.create("birds", options).open());
    const statistics = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] } as const;
    const sizes = { resize: 24, fit: "shorter", pad: 2, crop: 20, flip: 0.5 } as const;
    const walk = mode === "train" ? trainPass : testPass;
    const hash = createHash("sha256");
    for (const batch of await collect(birds, { epoch: 3, input: { ...sizes, ...statistics } }, walk))
      hash.update(new Uint8Array(batch.images.slice().buffer));
    expect(hash.digest("hex")).toBe(digest);
  });

  test("draws for each picture of each epoch from the seed, whatever was walked before", async () => {
    const source = await open();
    const pass = passWith({ train: [{ name: "random-resized-crop" }, { name: "flip" }, { name: "test-tint" }] });
    const first = await collect(source, pass);
    expect(await collect(await open("tint.js", { workers: 3, cacheBytes: 0 }), pass)).toEqual(first);
    expect(await collect(source, { ...pass, skip: 1 })).toEqual(first.slice(1));
    // Memory holds what was made in the first epoch: nothing random may be among it.
    const fresh = await open("tint.js", { cacheBytes: 0 });
    expect(await collect(source, { ...pass, epoch: 1 })).toEqual(await collect(fresh, { ...pass, epoch: 1 }));
  });

  test("draws anew for each picture, in each epoch, and by each seed", async () => {
    const source = await open();
    const pass = { ...passWith({ train: [{ name: "resize" }, { name: "test-tint" }] }), batchSize: 12 };
    /** Of each picture, what its first pixel was painted with. */
    const levels = async (more: Partial<Pass>) => {
      const [batch] = await collect(source, { ...pass, ...more });
      return Array.from({ length: 12 }, (_, picture) => batch?.images[batch.indices.indexOf(picture) * 768]);
    };
    const first = await levels({});
    expect(new Set(first).size).toBeGreaterThan(6);
    expect(await levels({ epoch: 1 })).not.toEqual(first);
    expect(await levels({ seed: "2" })).not.toEqual(first);
    expect(await levels({})).toEqual(first);
  });

  test("leaves tests to their own, in which nothing may be drawn", async () => {
    const source = await open();
    const plain = await collect(source, {}, testPass);
    expect(await collect(source, passWith({ train: [{ name: "test-tint" }] }), testPass)).toEqual(plain);
    await expect(collect(source, passWith({ test: [{ name: "flip" }] }), testPass)).rejects.toThrow(
      'FGKD_INVALID_CONFIG input.transforms.test: "flip" draws random numbers. Tests leave nothing to chance.',
    );
  });

  test("must end with squares of the stage's crop", async () => {
    const source = await open();
    await expect(collect(source, passWith({ train: [{ name: "resize", size: 14 }] }))).rejects.toThrow(
      "the picture is 14 × 14 after resize, not 16 × 16 (input.crop)",
    );
  });

  test("is refused before anything is read where a name or an option is not known", async () => {
    const source = await open();
    await expect(collect(source, passWith({ train: [{ name: "resise" }] }))).rejects.toThrow(
      'no transform is registered as "resise". Registered: resize,',
    );
    await expect(
      collect(source, passWith({ train: [{ name: "random-resized-crop", scale: [0, 2] }] })),
    ).rejects.toThrow('[transform random-resized-crop] option "scale" must be two numbers above 0');
  });
});

describe("a stranger's transform", () => {
  test.each(["tint.js", "typed.ts"])("is found by the threads in its own file, %s", async (file) => {
    const source = await open(file);
    const walk = passWith({ train: [{ name: "resize" }, { name: "test-tint", level: 7 }] });
    for (const batch of await collect(source, walk))
      for (let row = 0; row < batch.indices.length; row++) {
        const red = batch.images.slice(row * 768, (row + 1) * 768).filter((_, i) => i % 3 === 0);
        expect(new Set(red).size).toBe(1);
        expect((red[0] as number) * 255).toBeGreaterThanOrEqual(6.9);
        expect((red[0] as number) * 255).toBeLessThan(57);
      }
  });

  test("that takes the rest of a picture along has what it painted, also where noise was to be exact before", async () => {
    const train = [
      { name: "resize", fit: "warp" },
      { name: "random-erasing", probability: 1, scale: [0.2, 1 / 3] },
      { name: "test-tint" },
    ] as const;
    const batches = await collect(await open("spread.js"), passWith({ train }));
    expect(new Set(batches.flatMap(({ images }) => [...images]))).toEqual(new Set([Math.fround(200 / 255)]));
  });

  test.each([
    ["broken.js", "the colours ran out"],
    ["empty.js", 'it exports no function "transform"'],
    ["odd.js", "it returned no picture"],
    ["missing.js", "Cannot find module"],
  ])("that fails is named, with its file and the picture: %s", async (file, problem) => {
    const failing = collect(await open(file), passWith({ train: [{ name: "test-tint" }] }));
    await expect(failing).rejects.toThrow(
      /^FGKD_PLUGIN_FAILED \[transform test-tint, file:\/\/.*\] failed in .*\.png: /,
    );
    await expect(failing).rejects.toThrow(file);
    await expect(failing).rejects.toThrow(problem);
  });
});

describe("pixels that the device normalises", () => {
  test("give the bytes that the threads give", async () => {
    const statistics = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] } as const;
    const pass = passWith(undefined, { ...small, ...statistics });
    const onDevice = await collect(await open("tint.js", { normalise: "device" }), pass);
    expect(onDevice).toEqual(await collect(await open(), pass));
  });

  test("leave the source as whole numbers", async () => {
    const training = createTraining({ plugins: [sources()] });
    const options = { path: images, workers: 1, normalise: "device" } as const;
    const source = keep(await training.sources.create("folder", options).open());
    for await (const { images: found, labels } of source.batches(trainPass)) {
      expect(found?.dtype).toBe("int32");
      found?.dispose();
      labels?.dispose();
    }
  });
});

describe("a random part", () => {
  const scale = [0.08, 1] as const;
  const ratio = [3 / 4, 4 / 3] as const;
  const drawn = (...numbers: readonly number[]) => [...numbers, ...new Array(2 * tries - numbers.length).fill(0.5)];

  test("has the area and the ratio that were drawn, at the place that was drawn", () => {
    // Half way between 0.08 and 1, and a ratio of 1: a square of √(0.54 · 10⁴) = 73.48.
    const middle = [...drawn(0.5, 0.5), 0, 0.999];
    expect(randomPart({ width: 100, height: 100 }, { scale, ratio }, middle)).toEqual({
      left: 0,
      top: 27,
      width: 73,
      height: 73,
    });
    // The smallest area at the widest ratio: √(800 · 4/3) by √(800 · 3/4).
    const wide = [...drawn(0, 1), 0.5, 0.5];
    expect(randomPart({ width: 100, height: 100 }, { scale, ratio }, wide)).toMatchObject({ width: 33, height: 24 });
  });

  test("is the next one that fits, where the first does not", () => {
    // All of the area at the widest ratio is wider than the picture.
    const second = [...drawn(1, 1, 0.5, 0.5), 0, 0];
    expect(randomPart({ width: 100, height: 100 }, { scale, ratio }, second)).toMatchObject({ width: 73, height: 73 });
  });

  test("is the largest in the middle, within the ratios, where none fits", () => {
    const whole = { scale: [1, 1], ratio } as const;
    const never = [...new Array(2 * tries).fill(1), 0.5, 0.5];
    expect(randomPart({ width: 400, height: 100 }, whole, never)).toEqual({
      left: 133,
      top: 0,
      width: 133,
      height: 100,
    });
    expect(randomPart({ width: 100, height: 400 }, whole, never)).toEqual({
      left: 0,
      top: 133,
      width: 100,
      height: 133,
    });
    expect(randomPart({ width: 100, height: 90 }, whole, never)).toEqual({ left: 0, top: 0, width: 100, height: 90 });
  });
});

test("a picture that is mirrored twice is as it was", () => {
  const picture = { width: 3, height: 2, data: Uint8Array.from({ length: 18 }, (_, i) => i) };
  expect([...mirror(picture).data].slice(0, 9)).toEqual([6, 7, 8, 3, 4, 5, 0, 1, 2]);
  expect(mirror(mirror(picture))).toEqual(picture);
});
