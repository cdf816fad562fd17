import * as tf from "@tensorflow/tfjs";
import sharp from "sharp";
import { beforeAll, expect, test } from "vitest";
import { createRandom, explain, type Source, smallMaps, smallPictures } from "../../../core/index.js";
import { heatMapOver } from "../../../plugins/pictures/index.js";
import { choose, tinyResnet as resnet } from "../../plugins/backbones/building.js";
import { input } from "../../plugins/data/support.js";
import { startEngine } from "../../support/engines.js";

beforeAll(() => startEngine("wasm"));

/** Six images of 16 pixels, four to a batch; `-1` in every pixel is black and `1` is white. */
const values = createRandom("images")
  .normals(6 * 16 * 16 * 3)
  .map((value) => Math.min(1, Math.max(-1, value)));
const imagesFrom = (first: number, count: number) =>
  tf.tensor4d(values.subarray(first * 768, (first + count) * 768), [count, 16, 16, 3]);
let passes = 0;
const source: Pick<Source, "batches"> = {
  async *batches() {
    passes += 1;
    for (const [first, count] of [
      [0, 4],
      [4, 2],
    ] as const)
      yield { images: imagesFrom(first, count) };
  },
};
const shown = {
  source,
  split: "test",
  batchSize: 4,
  input: { ...input, mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] },
} as const;

async function meanColour(address: string | undefined): Promise<number[]> {
  const { channels } = await sharp(Buffer.from(address?.split(",")[1] ?? "", "base64")).stats();
  return channels.map(({ mean }) => mean);
}

test("images that were asked for have a picture of what the network was given, and a map over it", async () => {
  const model = choose(resnet);
  // What a network folds when it is first asked stays with it.
  await smallMaps([0], shown, model, heatMapOver);
  const before = tf.memory().numTensors;
  const pictures = await smallPictures([5, 1], shown);
  const { method, maps } = await smallMaps([5, 1], shown, model, heatMapOver);
  expect(tf.memory().numTensors).toBe(before);
  expect([method, [...maps.keys()].sort(), [...pictures.keys()].sort()]).toEqual(["cam", [1, 5], [1, 5]]);
  for (const index of [1, 5]) {
    const image = imagesFrom(index, 1);
    const bytes = Uint8Array.from(await image.add(1).mul(127.5).round().data());
    const picture = { width: 16, height: 16, data: bytes };
    const over = heatMapOver(picture, (await explain(model, { images: image })).maps.values);
    for (const [address, drawn] of [
      [pictures.get(index), picture],
      [maps.get(index), over],
    ] as const) {
      const raw = sharp(drawn.data, { raw: { width: 16, height: 16, channels: 3 } });
      const expected = (await sharp(await raw.png().toBuffer()).stats()).channels.map(({ mean }) => mean);
      // WebP loses a little, a picture of another image differs by more.
      for (const [channel, value] of (await meanColour(address)).entries())
        expect(Math.abs(value - (expected[channel] as number))).toBeLessThan(3);
    }
  }
});

test("the split is not walked through for nothing, and a map of one cell is none", async () => {
  passes = 0;
  const model = choose(resnet);
  expect(await smallMaps([], shown, model, heatMapOver)).toEqual({ method: null, maps: new Map() });
  expect(passes).toBe(0);
  const coarse = choose({ ...resnet, stem: { ...resnet.stem, stride: 16 } } as { name: string });
  expect((await smallMaps([0], shown, coarse, heatMapOver)).maps.size).toBe(0);
});
