import { beforeAll, describe, expect, test } from "vitest";
import { traceModel } from "../../../core/graph/trace.js";
import { choose } from "../../plugins/backbones/building.js";
import { startEngine } from "../../support/engines.js";
import { difference, fileOf, logitsOf, pictures, runOnnx } from "./answers.js";
import { families } from "./backbones.js";

beforeAll(() => startEngine("wasm"));

describe("a file of ONNX", () => {
  test.each(Object.keys(families))("answers 100 images as %s does", async (family) => {
    const model = choose(families[family] as never);
    const images = pictures(100);
    const { logits } = await runOnnx(fileOf(await traceModel(family, model, { size: 32 })), images);
    expect(difference(await logitsOf(model, images), logits?.data as Float32Array)).toBeLessThan(1e-4);
    images.dispose();
  });
});
