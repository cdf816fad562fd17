/**
 * Draws docs/images/transforms/<name>.png, a row for each registered transform: the picture, and what becomes of it.
 * `npx tsx test/support/transform-sheets.ts [folder]`
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { createRandom, createTraining, defaults, type Transforms } from "../../core/index.js";
import { birdDefaults, birdScene } from "../../plugins/data/birds/catalogue.js";
import { renderBird } from "../../plugins/data/birds/render.js";
import { applyTransforms, callsOf, drawAll } from "../../plugins/data/images/transform-calls.js";
import { transforms } from "../../plugins/transforms/index.js";
import { cut } from "../../plugins/transforms/pixels/cut.js";
import type { Pixels } from "../../plugins/transforms/pixels/pixels.js";

type Line = { [K in keyof Transforms]: { readonly name: K } & Transforms[K] }[keyof Transforms];

const [side, gap, drawings] = [96, 4, 5];
const [width, height] = [96, 72];
const often = (line: Line): readonly Line[] => new Array<Line>(drawings).fill(line);

/** What is shown of each: other options where nothing is drawn, else several draws. */
const shown: Readonly<Record<string, readonly Line[]>> = {
  resize: (["shorter", "longer", "warp", "pad"] as const).map((fit) => ({ name: "resize", size: 60, fit })),
  "center-crop": [
    { name: "center-crop", size: 72 },
    { name: "center-crop", size: 48 },
    { name: "center-crop", size: 96, fill: "mean" },
  ],
  "random-crop": often({ name: "random-crop", size: 72, pad: 12 }),
  flip: often({ name: "flip", probability: 0.5 }),
  "random-resized-crop": often({ name: "random-resized-crop", size: 72 }),
  "colour-jitter": often({ name: "colour-jitter", hue: 0.2 }),
  grey: [{ name: "grey", probability: 1 }],
  blur: often({ name: "blur", probability: 1 }),
  "rand-augment": often({ name: "rand-augment", probability: 1 }),
  "trivial-augment": often({ name: "trivial-augment" }),
  "random-erasing": often({ name: "random-erasing", probability: 1 }),
};

const square = renderBird(birdScene("train", 7 * birdDefaults.train + 3, birdDefaults), side);
const picture = cut(square, { left: 0, top: (side - height) / 2, width, height });
const registry = createTraining({ plugins: [transforms()] }).transforms;

async function result(line: Line, seed: number): Promise<Pixels> {
  const chosen = [{ ...registry.choose(line), name: line.name }];
  return applyTransforms(picture, callsOf(chosen), drawAll(chosen, createRandom(seed)), defaults.input);
}

const folder = process.argv[2] ?? "docs/images/transforms";
mkdirSync(folder, { recursive: true });
for (const [name, lines] of Object.entries(shown)) {
  const results = await Promise.all(lines.map((line, at) => result(line, at)));
  const cells = [picture, ...results].map(({ data, ...size }, at) => ({
    input: Buffer.from(data),
    raw: { ...size, channels: 3 as const },
    left: gap + at * (side + gap) + Math.floor((side - size.width) / 2),
    top: gap + Math.floor((side - size.height) / 2),
  }));
  const whole = { width: gap + cells.length * (side + gap), height: side + 2 * gap };
  await sharp({ create: { ...whole, channels: 3, background: "white" } })
    .composite(cells)
    .png({ palette: true, colours: 96, dither: 0.5, effort: 10 })
    .toFile(join(folder, `${name}.png`));
}
