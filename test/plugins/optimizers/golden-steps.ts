/** Steps of optimisers as PyTorch takes them, on the engine that is started. */
import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs";
import { expect } from "vitest";
import { createOptimizer, createTraining, Parameters } from "../../../core/index.js";
import { optimizers } from "../../../plugins/optimizers/index.js";
import "../../support/matchers.js";

interface GoldenCase {
  readonly options: Readonly<Record<string, number | boolean>> & { readonly learningRate: number };
  readonly start: number[];
  readonly gradients: number[][];
  readonly weights: number[][];
  readonly learningRates: number[];
}

const golden = JSON.parse(readFileSync(new URL("../../golden/optimizers.json", import.meta.url), "utf8"));

export const goldenSteps = ["sgd", "adam", "adamw"].flatMap((name) =>
  (golden[name] as GoldenCase[]).map((entry) => ({ name, options: JSON.stringify(entry.options), entry })),
);

export const rule = (name: string, options: object = {}) =>
  createTraining({ plugins: [optimizers()] }).optimizers.choose({ name, ...options });

export async function expectGoldenSteps({ name, entry }: (typeof goldenSteps)[number]): Promise<void> {
  const { learningRate: _, weightDecay = 0, ...options } = entry.options;
  const parameters = new Parameters();
  const weight = parameters.weight("w", [entry.start.length], "plain", () => Float32Array.from(entry.start));
  const settings = { weightDecay: weightDecay as number };
  const optimizer = createOptimizer(rule(name, options), settings, parameters);
  for (const [step, gradient] of entry.gradients.entries()) {
    const w = tf.tensor1d(gradient);
    expect(() => optimizer.apply({ w }, entry.learningRates[step] as number)).not.toLeak();
    const wanted = entry.weights[step] as number[];
    expect([...(await weight.data())]).toBeAllclose(wanted, { relative: 2e-6, absolute: 2e-7 });
    w.dispose();
  }
  optimizer.dispose();
  parameters.dispose();
}
