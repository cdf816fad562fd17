/**
 * Draws docs/images/birds.png, two pictures of each of the twelve kinds in two blocks of six columns:
 * `npx tsx test/support/bird-sheet.ts [file]`
 */
import sharp from "sharp";
import { birdDefaults, birdScene } from "../../plugins/data/birds/catalogue.js";
import { renderBird } from "../../plugins/data/birds/render.js";

const file = process.argv[2] ?? "docs/images/birds.png";
const [side, gap, columns, examples] = [128, 4, 6, 2];
const pictures = Array.from({ length: birdDefaults.classes * examples }, (_, i) => {
  const label = Math.floor(i / examples);
  const row = Math.floor(label / columns) * examples + (i % examples);
  const { data } = renderBird(birdScene("train", label * birdDefaults.train + (i % examples), birdDefaults), side);
  return {
    input: Buffer.from(data),
    raw: { width: side, height: side, channels: 3 as const },
    left: gap + (label % columns) * (side + gap),
    // A wider gap between the blocks.
    top: gap + row * (side + gap) + (row >= examples ? 2 * gap : 0),
  };
});
const width = gap + columns * (side + gap);
const height = 3 * gap + (birdDefaults.classes / columns) * examples * (side + gap);
await sharp({ create: { width, height, channels: 3, background: "white" } })
  .composite(pictures)
  .png({ palette: true, colours: 160, dither: 0, effort: 10 })
  .toFile(file);
