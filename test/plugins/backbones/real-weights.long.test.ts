/**
 * MobileNetV2 with public weights on photographs: what ../shared/data/weights/SOURCE.md measured with another program. That says
 * how many of 20 test photographs a class, not which; here they are the 16 of `test` and the first four of `test-extra`.
 *
 * The same files give torchvision's logits: largest difference 9.3e-6 (ImageNet) and 3.8e-6 (birds) of logits up to 8.8, on
 * `onednn`, two smooth images of 224 pixels, torchvision 0.14.1 in float64.
 */
import { existsSync, readdirSync } from "node:fs";
import * as tf from "@tensorflow/tfjs";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { createTraining, type Model, readSafetensors } from "../../../core/index.js";
import { loadWeights } from "../../../core/models/weights.js";
import { antialiasedResize } from "../../../core/ops/index.js";
import { mobilenet } from "../../../plugins/backbones/index.js";
import { type EngineName, engineNames, startEngine } from "../../support/engines.js";

const data = new URL("../../../../shared/data", import.meta.url).pathname;
const weights = (name: string) => `${data}/weights/mobilenetv2-${name}.safetensors`;
const photographs = `${data}/grocery`;

function namesIn(file: string): readonly string[] {
  return JSON.parse(readSafetensors(file).metadata.label_names as string);
}

function load(file: string): Model {
  const classes = namesIn(file);
  const { backbones } = createTraining({ plugins: [mobilenet()], services: { classes } });
  const model = backbones.create("mobilenet_v2");
  const filled = loadWeights("teacher", model, file, undefined, { classes, trained: false });
  expect([...model.parameters.variables.keys()].every((name) => filled.has(name))).toBe(true);
  return model;
}

/** The usual evaluation: the shorter side to 256 pixels, the central 224, ImageNet's mean and deviation. */
async function prepared(file: string): Promise<tf.Tensor3D> {
  const { data: pixels, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const scale = 256 / Math.min(info.height, info.width);
  const [height, width] = [Math.round(info.height * scale), Math.round(info.width * scale)];
  return tf.tidy(() => {
    const image = tf.tensor4d(Float32Array.from(pixels), [1, info.height, info.width, 3]);
    const corner = [0, (height - 224) >> 1, (width - 224) >> 1, 0] as const;
    const cut = antialiasedResize(image.div(255), [height, width]).slice([...corner], [1, 224, 224, 3]);
    return cut.sub([0.485, 0.456, 0.406]).div([0.229, 0.224, 0.225]).squeeze<tf.Tensor3D>([0]);
  });
}

/** For each of 20 photographs, the model's five first choices. */
async function answers(model: Model, folder: string): Promise<readonly (readonly number[])[]> {
  const of = (split: string) =>
    readdirSync(`${photographs}/${split}/${folder}`)
      .sort()
      .map((name) => `${photographs}/${split}/${folder}/${name}`);
  const images = await Promise.all([...of("test"), ...of("test-extra").slice(0, 4)].map(prepared));
  expect(images).toHaveLength(20);
  const rows = tf.tidy(() => {
    const { logits } = model.forward({ images: tf.stack(images) as tf.Tensor4D }, "eval");
    return (logits as tf.Tensor2D).topk(5).indices.arraySync() as number[][];
  });
  tf.dispose(images);
  return rows;
}

const here = existsSync(weights("imagenet")) && existsSync(photographs);
if (!here) console.warn(`The tests with public weights are skipped: ${data} is not there.`);

describe.skipIf(!here)("MobileNetV2 from ImageNet (skipped without ../shared)", () => {
  let model: Model;
  let names: readonly string[];
  // One is enough: the families are compared on every engine.
  beforeAll(async () => {
    await startEngine(engineNames.at(-1) as EngineName);
    names = namesIn(weights("imagenet"));
    model = load(weights("imagenet"));
  });

  test.each([
    ["Granny-Smith", "Granny Smith", 95, 100],
    ["Red-Bell-Pepper", "bell pepper", 100, 100],
    ["Lemon", "lemon", 85, 95],
    ["Orange", "orange", 15, 95],
  ])("knows %s as %s as often as was measured", async (folder, name, first, amongFive) => {
    const rows = await answers(model, folder);
    const place = names.indexOf(name);
    expect(place).toBeGreaterThanOrEqual(0);
    const share = (row: (choices: readonly number[]) => boolean) => (100 * rows.filter(row).length) / rows.length;
    // Other photographs: 15 of 100 are three of 20.
    expect(Math.abs(share(([top]) => top === place) - first)).toBeLessThanOrEqual(15);
    expect(Math.abs(share((choices) => choices.includes(place)) - amongFive)).toBeLessThanOrEqual(15);
  });

  test.each([
    ["Granny-Smith", ["Granny Smith"]],
    ["Red-Bell-Pepper", ["bell pepper"]],
    ["Lemon", ["lemon"]],
    ["Orange", ["lemon"]],
    ["Satsumas", ["lemon"]],
    ["Vine-Tomato", ["bell pepper", "grocery store"]],
    ["Regular-Tomato", ["bell pepper", "grocery store"]],
    ["Red-Delicious", ["buckeye"]],
  ])("calls most of %s %j", async (folder, expected) => {
    const counts = new Map<string, number>();
    for (const [top = -1] of await answers(model, folder)) {
      const [name = ""] = (names[top] as string).split(",");
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    const [most = ["", 0]] = [...counts].sort(([, a], [, b]) => b - a);
    expect(expected, JSON.stringify([...counts])).toContain(most[0]);
  });

  test("comes from a file of several types, as does that of birds", () => {
    const birds = load(weights("inat-birds"));
    expect(birds.parameters.shapes.get("classifier.1.weight")).toEqual([965, 1280]);
    birds.parameters.dispose();
  });
});
