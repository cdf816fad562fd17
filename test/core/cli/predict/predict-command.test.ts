import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createWriter } from "../../../../core/cli/terminal/writer.js";
import { alone, createHome, type Home, heard, members, trained } from "../../prediction/pictures.js";
import { createWorld, type World } from "../world.js";

let home: Home;
let run = "";
let ensemble = "";
beforeAll(async () => {
  home = await createHome();
  run = await trained(home, alone);
  ensemble = await trained(home, members);
}, 60_000);
afterAll(() => home.remove());

const createPictureWorld = (stdin?: string) =>
  createWorld({ presets: [alone, members], ...(stdin !== undefined && { stdin }) });

interface Line {
  readonly image: string;
  readonly guesses: readonly { readonly label: string; readonly probability: number }[];
}

const linesOf = (text: string) => text.trimEnd().split("\n");
const parsed = (text: string) => linesOf(text).map((line) => JSON.parse(line) as Line);
/** By label order. */
const probabilities = ({ guesses }: Line) =>
  [...guesses].sort((a, b) => (a.label < b.label ? -1 : 1)).map(({ probability }) => probability);

/** Copies photographs into the world. */
function place(world: World, files: Readonly<Record<string, string>>): void {
  for (const [name, from] of Object.entries(files)) {
    mkdirSync(join(world.cwd, name, ".."), { recursive: true });
    copyFileSync(join(home.photos, from), join(world.cwd, name));
  }
}

describe("fgkd predict", () => {
  test.each(["none", "ten-crops"])("says to the last bit what fgkd eval hears, with --tta %s", async (views) => {
    const world = await createPictureWorld();
    heard.length = 0;
    expect(await world.fgkd(`eval ${run} --tta ${views}`)).toBe(0);
    const before = world.out.length;
    expect(await world.fgkd(`predict ${run} ${home.photos}/test --tta ${views} --format jsonl`)).toBe(0);
    const told = parsed(world.out.slice(before));
    expect(told.map(({ image }) => image.slice(home.photos.length))).toEqual(
      ["finch", "wren"].flatMap((name) => [0, 1, 2, 3, 4].map((i) => `/test/${name}/${i}.${i % 2 ? "jpeg" : "png"}`)),
    );
    expect(heard).toHaveLength(10);
    expect(told.map(probabilities)).toEqual(heard);
  });

  test("merges the members of an ensemble as fgkd eval does", async () => {
    const world = await createPictureWorld();
    await world.fgkd(`eval ${ensemble}`);
    expect(world.out).toContain("mean-logits of member-1, member-2");
    const before = world.out.length;
    expect(await world.fgkd(`predict ${ensemble} ${home.photos}/test --top 1 --format jsonl`)).toBe(0);
    const told = parsed(world.out.slice(before));
    const right = told.filter(({ image, guesses }) => image.includes(`/${guesses[0]?.label}/`)).length;
    expect(world.out).toContain(`${(10 * right).toFixed(1)} % of 10 test images right`);
  });

  test("takes files, folders, patterns and a list; names what cannot be read, goes on, and ends with 1", async () => {
    const world = await createPictureWorld("listed/c.png\n\nlisted/d \u001b[31m.jpeg\n");
    place(world, {
      "a.png": "test/finch/0.png",
      "=1+1.png": "test/finch/2.png",
      "folder/deep/b.jpeg": "test/finch/1.jpeg",
      "listed/c.png": "test/wren/0.png",
      "listed/d \u001b[31m.jpeg": "test/wren/1.jpeg",
      "many/e-1.png": "test/wren/2.png",
      "many/e-2.png": "test/wren/4.png",
    });
    writeFileSync(join(world.cwd, "folder/broken.jpg"), "no picture");
    writeFileSync(join(world.cwd, "folder/notes.txt"), "no picture, and not called one");
    const places = "a.png =1+1.png folder gone.png many/e-?.png -";
    expect(await world.fgkd(`predict ${run} ${places} --top 1 --format csv`)).toBe(1);
    const [head, ...rows] = linesOf(world.rawOut);
    expect(head).toBe("image,rank,label,probability");
    expect(rows.map((row) => row.split(",")[0])).toEqual([
      "a.png",
      // Spreadsheets would compute it.
      "'=1+1.png",
      "folder/deep/b.jpeg",
      "many/e-1.png",
      "many/e-2.png",
      "listed/c.png",
      "listed/d \\u{1b}[31m.jpeg",
    ]);
    for (const row of rows) expect(row).toMatch(/,1,(finch|wren),0\.\d+$/);
    expect(world.err).toContain("warning folder/broken.jpg: is not a JPEG, PNG, WebP or GIF image\n");
    expect(world.err).toContain("warning gone.png: there is no such file or folder. Check the path.\n");
    expect(world.err).toContain("2 problems among 8 images: see above.");
    expect(world.err).not.toContain("notes.txt");
  });

  test("shows a paragraph for each image, unless it is told how", async () => {
    const world = await createPictureWorld();
    place(world, { "a.png": "test/finch/0.png", "b.jpeg": "test/wren/1.jpeg" });
    expect(await world.fgkd(`predict ${run} a.png b.jpeg`)).toBe(0);
    const paragraph = (name: string) => `${name}\n +[\\d.]+ % {2}(finch|wren)\n +[\\d.]+ % {2}(finch|wren)\n\n`;
    expect(world.out).toMatch(new RegExp(`^${paragraph("a\\.png")}${paragraph("b\\.jpeg")}$`));
    expect(world.err).toBe("");
  });

  test("refuses to look at nothing, and asks for more than that", async () => {
    const world = await createPictureWorld();
    mkdirSync(join(world.cwd, "empty"));
    expect(await world.fgkd(`predict ${run} empty`)).toBe(1);
    expect(world.err).toContain("empty: there is no image in this folder.");
    expect(world.err).toContain("there is no image among what is given. Name files, folders or patterns.");
    expect(await world.fgkd(`predict ${run}`)).toBe(1);
    expect(world.err).toContain("missing required argument 'images'");
    expect(await world.fgkd(`predict ${run} empty --top 0`)).toBe(1);
    expect(world.err).toContain("It must be a whole number, 1 or more.");
    // Of a file alone nobody says which plugin of the project its network is from.
    expect(await world.fgkd(`predict ${run}/models/student.safetensors empty`)).toBe(1);
    expect(world.err).toContain('no backbone is registered as "resnet"');
  });
});

describe("what is written for others to read", () => {
  test("waits for a slow reader, and ends when there is none", async () => {
    const stdout = new PassThrough({ highWaterMark: 4 });
    const { write, close } = createWriter({ stdout, variables: {} });
    onTestFinished(close);
    const written: boolean[] = [];
    const first = write("longer than four").then((isHeard) => written.push(isHeard));
    await new Promise(setImmediate);
    expect(written).toEqual([]);
    expect(String(stdout.read())).toBe("longer than four");
    await first;
    expect(written).toEqual([true]);
    const second = write("longer than four");
    stdout.destroy();
    expect(await second).toBe(false);
    expect(await write("more")).toBe(false);
  });
});
