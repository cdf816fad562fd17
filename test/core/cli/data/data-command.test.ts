import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import type { DataReport } from "../../../../core/index.js";
import { createWorld, type World } from "../world.js";

/** Two images of each class of each split, none like another. */
async function fill({ cwd }: World, more: Readonly<Record<string, Uint8Array>> = {}): Promise<void> {
  const tree: Record<string, Uint8Array> = { ...more };
  for (const [at, split] of ["train", "test"].entries())
    for (const [label, name] of ["ant", "bee"].entries())
      for (const image of [0, 1]) tree[`${split}/${name}/${image}.png`] = await picture(4 * at + 2 * label + image);
  for (const [path, bytes] of Object.entries(tree)) {
    await mkdir(dirname(join(cwd, "birds", path)), { recursive: true });
    await writeFile(join(cwd, "birds", path), bytes);
  }
}

/** A square in one of eight places. */
async function picture(place: number): Promise<Buffer> {
  const square = { create: { width: 20, height: 20, channels: 3, background: "white" } } as const;
  const input = await sharp(square).png().toBuffer();
  return sharp({ create: { width: 80, height: 60, channels: 3, background: { r: 30 * place, g: 20, b: 40 } } })
    .composite([{ input, left: 20 * (place % 4), top: place < 4 ? 5 : 35 }])
    .png()
    .toBuffer();
}

describe("fgkd data check", () => {
  test("tells what is there, and that nothing would spoil training", async () => {
    const world = await createWorld();
    await fill(world);
    expect(await world.fgkd("data check birds"), world.err).toBe(0);
    expect(world.out).toContain("birds: folders, classes in the order of byte-wise sorted names");
    expect(world.out).toContain("2 classes, 8 images: 4 train, 4 test");
    expect(world.out).toMatch(/^ant +2 +2$/m);
    expect(world.out).toContain("Nothing that would spoil training was found.");
    // Progress is for terminals.
    expect(world.err).toBe("");
  });

  test("ends with 1 where something would, and says what", async () => {
    const world = await createWorld();
    await fill(world, { "test/bee/copy.png": await picture(0), "train/ant/bad.jpg": Buffer.from("text") });
    expect(await world.fgkd("data check birds")).toBe(1);
    expect(world.out).toMatch(/^spoils {2}1 file cannot be used: train\/ant\/bad\.jpg /m);
    expect(world.out).toMatch(/^spoils {2}1 image in several splits, byte for byte/m);
    expect(world.out).toContain("3 things would spoil training.");
  });

  test("gives the same as JSON, with the sheet's place", async () => {
    const world = await createWorld();
    await fill(world);
    expect(await world.fgkd("data check birds --json --sheet sheet.png --set data.split=0.5"), world.err).toBe(0);
    const report = JSON.parse(world.out) as DataReport;
    expect(report).toMatchObject({ layout: "folders", counts: { train: 4, test: 4 }, spoils: [] });
    expect(report.sheet).toBe(join(world.cwd, "sheet.png"));
    expect(existsSync(join(world.cwd, "sheet.png"))).toBe(true);
  });

  test("refuses a folder that is not there, and settings that are none of the data", async () => {
    const world = await createWorld();
    await fill(world);
    expect(await world.fgkd("data check nowhere")).toBe(1);
    expect(world.err).toContain("FGKD_PATH");
    expect(await world.fgkd("data check birds --set epochs=3")).toBe(1);
    expect(world.err).toContain("epochs is no option of the data. Give one that is");
  });

  test("shows of many classes those with the most and the fewest images", async () => {
    const world = await createWorld();
    const more: Record<string, Uint8Array> = {};
    for (let at = 0; at < 45; at++)
      for (const split of ["train", "test"])
        more[`${split}/c${at}/0.png`] = await sharp({
          create: { width: 9, height: 9, channels: 3, background: { r: 5 * at, g: split === "test" ? 9 : 0, b: 1 } },
        })
          .png()
          .toBuffer();
    await fill(world, more);
    expect(await world.fgkd("data check birds"), world.out).toBe(0);
    expect(world.out).toContain("47 classes; --json has them all.");
    expect(world.out.match(/^\S+ +\d+ +\d+$/gm)).toHaveLength(10);
  });
});
