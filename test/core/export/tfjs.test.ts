import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { withProbabilities } from "../../../core/export/probabilities.js";
import { tfjs } from "../../../core/export/tfjs.js";
import { tfGraph } from "../../../core/export/tfjs-graph.js";
import { simplified } from "../../../core/graph/simplify.js";
import { traceModel } from "../../../core/graph/trace.js";
import { type ExportAbout, type ExportSubject, exportModel, type Model, type Precision } from "../../../core/index.js";
import { choose } from "../../plugins/backbones/building.js";
import { startEngine } from "../../support/engines.js";
import { difference, logitsOf, pictures } from "../onnx/answers.js";
import { families } from "../onnx/backbones.js";
import { drawn, net, steps } from "../onnx/steps.js";
import { alone, createHome, type Home, plugins, trained } from "../prediction/pictures.js";

let home: Home;
let run = "";
beforeAll(async () => {
  home = await createHome();
  run = await trained(home, alone);
  await startEngine("wasm");
}, 60_000);
afterAll(() => home.remove());

let places = 0;
/** How far the answers of a model's folder are from its own, and what else came of it. */
async function asked(model: Model, size: number, count: number, precision: Precision = "fp32") {
  const place = join(home.path, `folder-${places++}`);
  const graph = withProbabilities(simplified(await traceModel("net", model, { size, also: ["features"] })));
  const about = { version: "1", classes: ["a"] } as unknown as ExportAbout;
  const subject: ExportSubject = { owner: "net", model, graph, about, precision };
  await tfjs.write(subject, place);
  const opened = await tfjs.open(place, subject);
  const images = pictures(count, size);
  const { logits } = await opened.answers(images);
  const apart = difference(await logitsOf(model, images), logits);
  await opened.close();
  images.dispose();
  return { apart, place, said: opened.about };
}

describe("a folder for TensorFlow.js", () => {
  test.each(["resnet", "distilled deit", "bit", "convnext"])(
    "answers as %s does, for any number of images",
    async (family) => {
      const model = choose(families[family] as never);
      for (const count of [1, 5]) expect((await asked(model, 32, count)).apart).toBeLessThan(1e-4);
    },
  );

  test("has every kernel that is written, each as it was", async () => {
    const wrong: string[] = [];
    const more: typeof steps = { "the largest of a border": (x) => tf.maxPool(x.sub(1), 3, 2, 1) };
    for (const [name, step] of Object.entries({ ...steps, ...more })) {
      const model = net((x) => {
        const seen = step(x as tf.Tensor4D);
        return seen.reshape([seen.shape[0] as number, -1]);
      });
      const { apart } = await asked(model, 8, 2);
      if (!(apart < 1e-5)) wrong.push(`${name}: ${apart}`);
    }
    expect(wrong).toEqual([]);
  });

  test("is not written of a kernel that is not known", async () => {
    const model = net((images) => tf.cumsum(images.mean([1, 2]), 1));
    await expect(asked(model, 8, 1)).rejects.toThrow(/^FGKD_NOT_EXPORTABLE \[net\] its kernel Cumsum/);
  });

  test.each([
    ["fp16", 2, 1e-3],
    ["int8", 4, 5e-2],
  ] as const)("of %s is a %ith of the size, and near", async (precision, part, most) => {
    const filter = drawn(3)([27 * 64]);
    const model = net((images) =>
      tf.conv2d(images as tf.Tensor4D, tf.tensor4d(filter, [3, 3, 3, 64]), 2, "same").mean([1, 2]),
    );
    const [whole, small] = [await asked(model, 8, 4), await asked(model, 8, 4, precision)];
    const size = ({ place }: typeof whole) => statSync(join(place, "weights.bin")).size;
    expect(size(small)).toBeLessThan(size(whole) / part + 400);
    expect(small.apart).toBeLessThan(most);
    expect(small.apart).toBeGreaterThan(whole.apart);
  });

  test("has weights of 8 bits where they were if they lie on its steps: the least, 0 and the greatest", () => {
    // 256 values, a step apart.
    const data = Float32Array.from({ length: 256 }, (_, at) => (at - 100) / 4);
    const { weights, bytes } = tfGraph(
      "net",
      {
        input: "images",
        outputs: {},
        nodes: [],
        values: new Map([["images", { shape: [1, 8, 8, 3], type: "float32" }]]),
        constants: new Map([["w", { shape: [256], data }]]),
      },
      "int8",
    );
    const quantization = weights[0]?.quantization;
    if (quantization?.dtype !== "uint8") throw new Error("its weights are not in bytes");
    const { scale, min } = quantization;
    expect([...(bytes[0] as Uint8Array)].map((byte) => byte * scale + min)).toEqual([...data]);
  });

  test("is exported of a run, with all that is said of it, and compared", async () => {
    const out = join(home.path, "birds");
    const { parity, loader } = await exportModel(run, { to: "tfjs", out, plugins, engine: null });
    expect(parity).toMatchObject({ images: 10, agreement: 1 });
    expect(loader).toContain("loadGraphModel");
    expect(readdirSync(out).sort()).toEqual(["model.json", "weights.bin"]);
    const { userDefinedMetadata, signature } = JSON.parse(readFileSync(join(out, "model.json"), "utf8"));
    expect(userDefinedMetadata).toMatchObject({ classes: ["finch", "wren"], preprocessing: { size: 16, resize: 20 } });
    expect(signature.outputs.logits.tensorShape).toEqual({ dim: [{ size: "-1" }, { size: "2" }] });
  });

  test("is not left where it answers otherwise", async () => {
    const out = join(home.path, "refused");
    const wrong = {
      ...tfjs,
      write: (subject: ExportSubject, place: string) =>
        tfjs.write(
          { ...subject, about: { ...subject.about, preprocessing: { ...subject.about.preprocessing, resize: 16 } } },
          place,
        ),
    };
    await expect(exportModel(run, { to: wrong, out, plugins, engine: null })).rejects.toThrow("FGKD_EXPORT_MISMATCH");
    expect(existsSync(out)).toBe(false);
    expect(readdirSync(home.path).filter((name) => name.startsWith("refused"))).toEqual([]);
  });
});
