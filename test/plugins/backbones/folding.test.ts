import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createRandom, createTraining, type Model } from "../../../core/index.js";
import { resnet, vgg } from "../../../plugins/backbones/index.js";
import { engineNames, startEngine } from "../../support/engines.js";
import "../../support/matchers.js";

const classes = ["ash", "elm", "oak"];
const images = () => tf.tensor4d(createRandom(1).normals(2 * 32 * 32 * 3), [2, 32, 32, 3]);

/** With weights and averages that no layer starts from. */
function build(name: "resnet" | "vgg"): Model {
  const { backbones } = createTraining({ plugins: [resnet(), vgg()], services: { classes } });
  // Other files of this process may have left some.
  const earlier = new Set(Object.keys(tf.engine().state.registeredVariables));
  const stem = { filters: 8, size: 3, stride: 1, pool: true };
  const model =
    name === "resnet"
      ? backbones.create("resnet", { block: "bottleneck", depths: [1, 1], widths: [4, 8], stem })
      : backbones.create("vgg", { depths: [1, 2], widths: [8, 16], batchNorm: true, head: "linear" });
  const random = createRandom(2);
  for (const [parameter, values] of Object.entries(tf.engine().state.registeredVariables))
    if (!earlier.has(parameter) && values.rank === 1 && /\.(weight|bias|running_mean|running_var)$/.test(parameter))
      tf.tidy(() => values.assign(tf.tensor1d(random.normals(values.size).map((value) => 1.5 + Math.tanh(value)))));
  return model;
}

const logits = (model: Model, x: tf.Tensor4D) => model.forward({ images: x }, "eval").logits as tf.Tensor2D;

const look = (model: Model, x: tf.Tensor4D) => tf.tidy(() => void logits(model, x));

/** The same with every batch norm by itself, as where a gradient is recorded. */
function unfolded(model: Model, x: tf.Tensor4D): tf.Tensor {
  let kept: tf.Tensor | undefined;
  tf.dispose(
    tf.grad((input) => {
      const y = logits(model, input as tf.Tensor4D);
      kept = tf.keep(y.clone());
      return y.sum();
    })(x),
  );
  return kept as tf.Tensor;
}

const kernels = async (run: () => tf.Tensor) => {
  const { kernelNames, result } = await tf.profile(() => tf.tidy(run));
  tf.dispose(result as unknown as tf.Tensor);
  return kernelNames;
};

describe.each(engineNames)("batch norm in evaluation, on %s", (engine) => {
  beforeAll(() => startEngine(engine));

  describe.each(["resnet", "vgg"] as const)("of %s", (name) => {
    test("is folded into the convolution before it, with the same result", async () => {
      const [model, x] = [build(name), images()];
      const folded = tf.tidy(() => logits(model, x));
      const plain = unfolded(model, x);
      expect(folded).toBeAllclose(plain, { relative: 1e-4, absolute: 1e-4 });
      const ran = await kernels(() => logits(model, x));
      expect(ran).toContain("FusedConv2D");
      expect(ran).not.toContain("FusedBatchNorm");
      tf.dispose([folded, plain, x]);
      model.parameters.dispose();
    });

    test("is folded once, until a weight or an average changes", async () => {
      const [model, x] = [build(name), images()];
      await kernels(() => logits(model, x));
      const once = await kernels(() => logits(model, x));
      expect(once).not.toContain("Sqrt");
      for (const kind of [/conv.*weight$|features\.0\.weight$/, /running_mean$/, /running_var$/, /bias$/]) {
        const exported = await model.parameters.export();
        const [parameter, array] = [...exported].find(([key]) => kind.test(key)) ?? [];
        if (!parameter || !array) throw new Error(`${kind} matches nothing`);
        const data = Float32Array.from(array.data as Float32Array, (value) => value * 1.25 + 0.1);
        const before = tf.tidy(() => logits(model, x));
        model.parameters.import(new Map([[parameter, { ...array, data }]]));
        const [after, plain] = [tf.tidy(() => logits(model, x)), unfolded(model, x)];
        expect(after).toBeAllclose(plain, { relative: 1e-4, absolute: 1e-4 });
        expect(after, parameter).not.toBeAllclose(before, { relative: 1e-4, absolute: 1e-4 });
        tf.dispose([before, after, plain]);
      }
      x.dispose();
      model.parameters.dispose();
    });

    test("follows the steps of training", () => {
      const [model, x] = [build(name), images()];
      const optimizer = tf.train.sgd(0.05);
      const weights = [...model.parameters.trained.values()];
      for (let step = 0; step < 3; step++) {
        const [folded, plain] = [tf.tidy(() => logits(model, x)), unfolded(model, x)];
        expect(folded).toBeAllclose(plain, { relative: 1e-4, absolute: 1e-4 });
        tf.dispose([folded, plain]);
        const learn = () => (model.forward({ images: x }, "train").logits as tf.Tensor).square().mean().asScalar();
        optimizer.minimize(learn, false, weights);
      }
      x.dispose();
      model.parameters.dispose();
      optimizer.dispose();
    });

    test("keeps its tensors to itself, and frees them when told to and with the model", () => {
      const x = images();
      const start = tf.memory().numTensors;
      const model = build(name);
      const built = tf.memory().numTensors;
      look(model, x);
      const evaluated = tf.memory().numTensors;
      expect(evaluated).toBeGreaterThan(built);
      for (let pass = 0; pass < 3; pass++) {
        for (const variable of model.parameters.trained.values()) tf.tidy(() => variable.assign(variable.mul(0.9)));
        expect(() => look(model, x)).not.toLeak();
        expect(tf.memory().numTensors).toBe(evaluated);
      }
      model.parameters.forgetDerived();
      expect(tf.memory().numTensors).toBe(built);
      look(model, x);
      expect(tf.memory().numTensors).toBe(evaluated);
      model.parameters.dispose();
      expect(tf.memory().numTensors).toBe(start);
      x.dispose();
    });

    test("passes gradients to its input and its weights, folded before or not", () => {
      const [model, x] = [build(name), images()];
      const towards = tf.tensor2d(createRandom(3).normals(6), [2, 3]);
      const value = (input: tf.Tensor) =>
        logits(model, input as tf.Tensor4D)
          .mul(towards)
          .sum<tf.Scalar>();
      const first = tf.grad(value)(x);
      look(model, x);
      const second = tf.grad(value)(x);
      expect(second).toBeAllclose(first);
      const direction = tf.tensor4d(createRandom(4).normals(x.size), x.shape);
      const slope = tf.tidy(() => first.mul(direction).sum().dataSync()[0] as number);
      const along = (step: number) => tf.tidy(() => value(x.add(direction.mul(step))).dataSync()[0] as number);
      const size = 1e-3;
      expect(Math.abs((along(size) - along(-size)) / (2 * size) - slope) / Math.max(1, Math.abs(slope))).toBeLessThan(
        0.02,
      );
      const { grads, value: sum } = tf.variableGrads(() => value(x), [...model.parameters.trained.values()]);
      expect(Object.values(grads).filter((gradient) => gradient == null)).toEqual([]);
      tf.dispose([first, second, direction, towards, grads, sum, x]);
      model.parameters.dispose();
    });
  });
});
