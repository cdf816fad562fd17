import sharp from "sharp";
import { beforeAll, expect, test } from "vitest";
import { collect, folderWith, openFolder, testPass } from "./support.js";

type Rgb = readonly [number, number, number];

type Colour = string | { r: number; g: number; b: number; alpha: number };

const create = (background: Colour, channels: 3 | 4 = 3) =>
  sharp({ create: { width: 16, height: 16, channels, background } });
const orange = () => create("rgb(200, 100, 50)");
const blueBar = await sharp({ create: { width: 8, height: 16, channels: 3, background: "blue" } })
  .png()
  .toBuffer();
const redBesideBlue = create("red").composite([{ input: blueBar, left: 0, top: 0 }]);

const pictures = {
  "orange.png": await orange().png().toBuffer(),
  "orange.jpeg": await orange().jpeg().toBuffer(),
  "orange.webp": await orange().webp().toBuffer(),
  "webp-called.jpg": await orange().webp().toBuffer(),
  "png-without-extension": await orange().png().toBuffer(),
  "gif-called.jpg": await orange().gif().toBuffer(),
  "palette.png": await orange().png({ palette: true }).toBuffer(),
  "sixteen-bits.png": await orange().toColourspace("rgb16").png().toBuffer(),
  "grey.png": await create("rgb(120, 120, 120)").toColourspace("b-w").png().toBuffer(),
  "grey.jpg": await create("rgb(120, 120, 120)").toColourspace("b-w").jpeg().toBuffer(),
  "grey-alpha.png": await create({ r: 120, g: 120, b: 120, alpha: 1 }, 4).toColourspace("b-w").png().toBuffer(),
  "half-transparent.png": await create({ r: 200, g: 0, b: 0, alpha: 0.5 }, 4).png().toBuffer(),
  "transparent.webp": await create({ r: 9, g: 9, b: 9, alpha: 0 }, 4).webp().toBuffer(),
  "cmyk.jpg": await create("rgb(230, 40, 40)").toColourspace("cmyk").jpeg().toBuffer(),
  // Stored blue on the left; orientation 3 says that it is upside down.
  "upside-down.jpg": await redBesideBlue.withMetadata({ orientation: 3 }).jpeg().toBuffer(),
};

type Name = keyof typeof pictures;

/** Colour of the pixel at the top left, 0 to 255, by picture, as a test pass yields it. */
async function readAll(exif: "apply" | "ignore"): Promise<Record<Name, Rgb>> {
  const names = Object.keys(pictures).sort() as Name[];
  const tree = names.flatMap((name) => [
    [`train/a/${name}`, pictures[name]],
    [`test/a/${name}`, pictures[name]],
  ]);
  const other = { "train/b/0.png": pictures["orange.png"], "test/b/0.png": pictures["orange.png"] };
  const root = await folderWith({ ...Object.fromEntries(tree), ...other });
  const [batch] = await collect(await openFolder(root, { exif }), { batchSize: names.length }, testPass);
  const colour = (index: number) => {
    const start = (index * 16 * 16 + 16 + 1) * 3;
    return [...(batch?.images.slice(start, start + 3) ?? [])].map((value) => Math.round(value * 255));
  };
  return Object.fromEntries(names.map((name, index) => [name, colour(index)])) as unknown as Record<Name, Rgb>;
}

let read: Record<Name, Rgb>;
beforeAll(async () => {
  read = await readAll("apply");
});

function expectNear(received: Rgb, expected: Rgb, within: number) {
  for (const i of [0, 1, 2] as const) expect(Math.abs(received[i] - expected[i])).toBeLessThanOrEqual(within);
}

test.each(["orange.png", "orange.jpeg", "orange.webp"] as const)("reads %s", (name) => {
  expectNear(read[name], [200, 100, 50], 4);
});

test.each(["webp-called.jpg", "gif-called.jpg", "png-without-extension"] as const)(
  "goes by the bytes of %s, not by its name",
  (name) => {
    expectNear(read[name], [200, 100, 50], 4);
  },
);

test("reads a palette, and sixteen bits a channel as eight", async () => {
  expect((await sharp(pictures["sixteen-bits.png"]).metadata()).depth).toBe("ushort");
  expectNear(read["palette.png"], [200, 100, 50], 4);
  expectNear(read["sixteen-bits.png"], [200, 100, 50], 2);
});

test.each(["grey.png", "grey.jpg", "grey-alpha.png"] as const)("turns %s into three equal channels", async (name) => {
  expect((await sharp(pictures[name]).metadata()).channels).toBeLessThan(3);
  expectNear(read[name], [120, 120, 120], 1);
});

test("lays transparent parts on white", () => {
  expectNear(read["half-transparent.png"], [228, 128, 128], 2);
  expectNear(read["transparent.webp"], [255, 255, 255], 0);
});

test("reads CMYK", async () => {
  expect((await sharp(pictures["cmyk.jpg"]).metadata()).space).toBe("cmyk");
  expect(read["cmyk.jpg"][0]).toBeGreaterThan(180);
  expect(read["cmyk.jpg"][1]).toBeLessThan(110);
});

test("turns a photograph the way the camera noted, unless told to ignore it", async () => {
  expectNear(read["upside-down.jpg"], [255, 0, 0], 12);
  expectNear((await readAll("ignore"))["upside-down.jpg"], [0, 0, 255], 12);
});
