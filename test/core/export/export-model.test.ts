import { copyFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { onnx } from "../../../core/export/onnx.js";
import { loadOnnxRuntime } from "../../../core/export/onnx-runtime.js";
import { type ExportAbout, type Exporter, type ExportOptions, exportModel } from "../../../core/index.js";
import { readMetadata } from "../../../core/onnx/model-proto.js";
import { alone, createHome, type Home, members, plugins, trained } from "../prediction/pictures.js";

let home: Home;
let run = "";
beforeAll(async () => {
  home = await createHome();
  run = await trained(home, alone);
}, 60_000);
afterAll(() => home.remove());

let places = 0;
/** Into a place of its own. */
async function exported(options: Partial<ExportOptions> = {}, from = run) {
  const out = join(home.path, `exported-${places++}`);
  return exportModel(from, { to: "onnx", out, plugins, engine: null, ...options });
}

const aboutIn = (place: string): ExportAbout => JSON.parse(readMetadata(readFileSync(place)).fgkd ?? "");

/** ONNX, but what is said of the model is another before it is written. */
const saying = (change: (about: ExportAbout) => object): Exporter => ({
  ...onnx,
  write: (subject, place) => onnx.write({ ...subject, about: change(subject.about) as ExportAbout }, place),
});

describe("an exported model", () => {
  test("answers the run's own test images as the run's model does, and how near is told", async () => {
    const report = await exported();
    expect(report.classes).toEqual(["finch", "wren"]);
    expect(report.parity).toMatchObject({ images: 10, of: "images of the run's test split", agreement: 1 });
    expect(report.parity?.relative).toBeLessThan(1e-4);
    expect(report.parity?.difference).toBeGreaterThan(0);
  });

  test.each(["while it is written", "while it is compared"] as const)(
    "that is interrupted %s leaves nothing",
    async (when) => {
      const [out, stopping] = [join(home.path, `interrupted-${places++}`), new AbortController()];
      const stop = () => stopping.abort(new Error("enough"));
      const to: Exporter = {
        ...onnx,
        write: async (subject, place) => {
          await onnx.write(subject, place);
          if (when === "while it is written") stop();
        },
        open: async (place, subject) => {
          const asked = await onnx.open(place, subject);
          const answers = (images: tf.Tensor4D) => {
            stop();
            return asked.answers(images);
          };
          return { ...asked, answers };
        },
      };
      const asked = exported({
        to,
        out,
        images: Array(40).fill(join(home.photos, "test/finch/0.png")),
        signal: stopping.signal,
      });
      await expect(asked).rejects.toThrow("enough");
      expect(readdirSync(home.path).filter((name) => name.startsWith("interrupted"))).toEqual([]);
    },
  );

  test("is compared on the images that it is given", async () => {
    const given = ["finch/0.png", "wren/1.jpeg"].map((name) => join(home.photos, "test", name));
    expect((await exported({ images: given })).parity).toMatchObject({ images: 2, of: "given images" });
  });

  test("is compared on drawn images where it lies apart from its run", async () => {
    const apart = join(home.path, "apart.safetensors");
    copyFileSync(join(run, "models/student.safetensors"), apart);
    expect((await exported({ count: 20 }, apart)).parity).toMatchObject({ images: 20, of: "drawn images" });
  });

  test("carries its classes, how pictures become its images, where it comes from, and its license", async () => {
    const { place } = await exported({ license: "CC-BY-4.0" });
    const metadata = readMetadata(readFileSync(place));
    expect(JSON.parse(metadata.classes ?? "")).toEqual(["finch", "wren"]);
    expect(JSON.parse(metadata.preprocessing ?? "")).toEqual({
      size: 16,
      resize: 20,
      fit: "shorter",
      range: [0, 1],
      channels: "rgb",
      inside: { mean: [0.5, 0.5, 0.5], deviation: [0.2, 0.3, 0.25], crop: null, size: 8, interpolation: "bilinear" },
    });
    expect(metadata.license).toBe("CC-BY-4.0");
    expect(aboutIn(place)).toMatchObject({
      checked: true,
      precision: "fp32",
      from: { data: "folder" },
      model: { role: "student", backbone: { name: "resnet" } },
    });
    expect(JSON.stringify(metadata)).not.toContain(home.path);
  });

  test.each(["fp16", "int8"] as const)("of %s is smaller, and gives the same classes", async (precision) => {
    const [whole, small] = [await exported(), await exported({ precision })];
    expect(small.parity?.agreement).toBeGreaterThanOrEqual(0.98);
    expect(small.parity?.relative).toBeGreaterThan(whole.parity?.relative as number);
    expect(aboutIn(small.place).precision).toBe(precision);
    expect(statSync(small.place).size).toBeLessThan(statSync(whole.place).size);
  });

  test("leaves no tensor behind", async () => {
    await exported();
    const { numTensors } = tf.memory();
    await exported();
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});

describe("nothing is written", () => {
  const refused: readonly [string, Partial<ExportOptions>, RegExp][] = [
    [
      "where the file says that pictures are made larger than they are",
      { to: saying((about) => ({ ...about, preprocessing: { ...about.preprocessing, resize: 16 } })) },
      /^FGKD_EXPORT_MISMATCH .*differ from the model's by up to .* Nothing was written\.$/,
    ],
    [
      "where the file says that they are squeezed",
      { to: saying((about) => ({ ...about, preprocessing: { ...about.preprocessing, fit: "warp" } })) },
      /^FGKD_EXPORT_MISMATCH .*preprocessing above all/,
    ],
    [
      "where the file says what cannot be",
      { to: saying((about) => ({ ...about, preprocessing: { ...about.preprocessing, fit: "longer" } })) },
      /^FGKD_EXPORT_MISMATCH .*cannot be: .*fit/,
    ],
    [
      "where the file says nothing of pictures",
      { to: saying((about) => ({ ...about, preprocessing: "as usual" })) },
      /^FGKD_EXPORT_MISMATCH .*does not say how pictures/,
    ],
    [
      "where the answers are others",
      {
        to: {
          ...onnx,
          open: async (...call) => ({
            ...(await onnx.open(...call)),
            answers: async () => ({ logits: new Float32Array([Number.NaN]) }),
          }),
        },
      },
      /^FGKD_EXPORT_MISMATCH .*up to Infinity/,
    ],
    [
      "where too few answers are the same, of rounded weights",
      {
        precision: "int8",
        to: {
          ...onnx,
          open: async (...call) => {
            const asked = await onnx.open(...call);
            const answers: typeof asked.answers = async (images) => ({
              logits: (await asked.answers(images)).logits.map((logit) => -logit),
            });
            return { ...asked, answers };
          },
        },
      },
      /^FGKD_EXPORT_MISMATCH .*of 10 images .* % get the model's answer, and 98 % must/,
    ],
    ["to a format that there is not", { to: "coreml" }, /^FGKD_UNKNOWN_NAME no export format .*"coreml"/],
    [
      "in so many bits as there are none",
      { precision: "int4" as never },
      /^FGKD_INVALID_OPTION \[export onnx\] option "precision"/,
    ],
    ["where there is no image", { images: [] }, /^FGKD_EXPORT_MISMATCH .*no image to compare/],
  ];

  test.each(refused)("%s", async (_, options, message) => {
    const before = readdirSync(home.path);
    await expect(exported(options)).rejects.toThrow(message);
    expect(readdirSync(home.path)).toEqual(before);
  });

  test("over what is there", async () => {
    const out = join(home.path, "here.onnx");
    writeFileSync(out, "mine");
    await expect(exported({ out })).rejects.toThrow(/^FGKD_PATH .*something already/);
    expect(readFileSync(out, "utf8")).toBe("mine");
  });

  test("of several models at once", async () => {
    const ensemble = await trained(home, members);
    await expect(exported({}, ensemble)).rejects.toThrow(
      /^FGKD_INVALID_OPTION .*"role" must be one of member-1, member-2/,
    );
    expect((await exported({ role: "member-2" }, ensemble)).parity?.agreement).toBe(1);
  });

  test("without onnxruntime, unless somebody goes without a comparison, which the file says", async () => {
    const asked: string[] = [];
    const none = (name: string) => {
      asked.push(name);
      return Promise.resolve(undefined);
    };
    await expect(loadOnnxRuntime("birds.onnx", none)).rejects.toThrow(
      /^FGKD_EXPORT_MISMATCH birds\.onnx: .*not installed\. npm install onnxruntime-web.*--unchecked/,
    );
    expect(asked).toEqual(["onnxruntime-node", "onnxruntime-web"]);
    const told: string[] = [];
    const { place, parity } = await exported({
      unchecked: true,
      to: { ...onnx, open: () => Promise.reject(new Error("not asked")) },
      logger: { info: () => {}, warn: (words) => told.push(words) },
    });
    expect(parity).toBeUndefined();
    expect(aboutIn(place).checked).toBe(false);
    expect(told.join()).toContain("Nobody has compared");
    expect(existsSync(place)).toBe(true);
  });
});
