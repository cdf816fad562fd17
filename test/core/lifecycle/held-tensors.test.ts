/** What a step and a test hold in memory, and for how long. */
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { definePlugin, need } from "../../../core/index.js";
import { startEngine } from "../../support/engines.js";
import { toyModel } from "../../support/toy.js";
import { plugin, toyRun } from "../../support/trouble.js";

declare module "../../../core/index.js" {
  interface Backbones {
    "toy-derived": {};
  }
}

beforeAll(() => startEngine("cpu"));

describe("a step", () => {
  /** Hands a value on, and notes what is in memory when its gradient comes by. */
  const noting = (noted: number[]) =>
    tf.customGrad((x) => ({
      value: (x as tf.Tensor).clone(),
      gradFunc: (dy: tf.Tensor) => {
        noted.push(tf.memory().numBytes);
        return dy.clone();
      },
    })) as (x: tf.Tensor) => tf.Tensor;

  test("lets go of what the forward pass saved as gradients pass it", async () => {
    const wide = tf.keep(tf.fill([2, 1024], 0.5)) as tf.Tensor2D;
    const noted: number[] = [];
    const note = noting(noted);
    const deep = plugin("deep", ({ hooks }) =>
      hooks.loss.tap("deep", (terms, outputs) => {
        let map = note(need(outputs, "logits", "deep").matMul(wide));
        for (let layer = 0; layer < 12; layer++) map = map.tanh();
        return { ...terms, deep: note(map).mean().asScalar() };
      }),
    );
    const run = await toyRun(deep);
    const before = tf.memory().numBytes;
    await run.steps().next();
    await run.close();
    wide.dispose();
    const [begin = 0, end = 0] = noted.map((bytes) => bytes - before);
    // Gradients begin behind twelve maps of four images, which tanh saved, and end before the first.
    expect(begin).toBeGreaterThan(12 * 4 * 1024 * 4);
    expect(end).toBeLessThan(0.5 * begin);
  });
});

describe("a test in the midst of training", () => {
  /** The toy model, which in tests works by twice its weights, as long as nobody changes these. */
  const derived = definePlugin({
    name: "toy-derived",
    defaults: {},
    apply: ({ backbones }) =>
      backbones.register("toy-derived", {
        defaults: {},
        create: (_, { stream }) => {
          const model = toyModel(stream.normals(8));
          const weight = model.parameters.trained.get("fc.weight") as tf.Variable<tf.Rank.R2>;
          const doubled = model.parameters.derive([weight], () => [weight.mul(2)]);
          return {
            ...model,
            forward: (batch, mode) => {
              if (mode === "train") return model.forward(batch, mode);
              const images = need(batch, "images", "toy-derived");
              return { logits: images.reshape([-1, 4]).matMul(doubled()[0] as tf.Tensor2D) as tf.Tensor2D };
            },
          };
        },
      }),
  });

  test("leaves no weights behind that were derived for it", async () => {
    const run = await toyRun(derived(), { models: { student: { backbone: { name: "toy-derived" } } } });
    const held: { readonly tested: boolean; readonly tensors: number }[] = [];
    for await (const { epoch } of run.steps())
      held.push({ tested: epoch?.metrics.accuracy !== undefined, tensors: tf.memory().numTensors });
    await run.close();
    expect(held.filter(({ tested }) => tested).length).toBeGreaterThan(0);
    // While the stage lasts; its end frees the rest.
    expect(new Set(held.slice(0, -1).map(({ tensors }) => tensors)).size).toBe(1);
  });
});
