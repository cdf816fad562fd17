/** What browser.gpu.test.ts runs in a page: three steps and a prediction, on the GPU and in plain JavaScript. */
import * as tf from "@tensorflow/tfjs";
import { createRun, definePreset, startEngine } from "../../../core/index.js";
import { resnet } from "../../../plugins/backbones/index.js";
import { startCpu } from "../../../plugins/engines/cpu.js";
import { webgpuEngine } from "../../../plugins/engines/webgpu.js";
import { crossEntropy } from "../../../plugins/losses/index.js";
import { optimizers } from "../../../plugins/optimizers/index.js";
import { noisePictures } from "../../presets/pictures.js";

const preset = definePreset({
  name: "page",
  summary: "three steps in a browser",
  plugins: [resnet(), noisePictures(), crossEntropy(), optimizers()],
  stages: { student: { trains: "student" } },
  defaults: {
    epochs: 1,
    batchSize: 4,
    evaluation: { every: 0 },
    data: { name: "noise-pictures", train: 12 },
    models: { student: { backbone: { name: "resnet", block: "basic", depths: [1], widths: [8] } } },
    optimizer: { name: "sgd", learningRate: 0.05, momentum: 0.9 },
  },
});

export interface Answers {
  readonly backend: string;
  readonly losses: readonly number[];
  readonly logits: readonly number[];
}

async function trained(): Promise<Answers> {
  const run = await createRun({ preset });
  const losses: number[] = [];
  for await (const { losses: terms } of run.steps()) losses.push(terms.crossEntropy as number);
  const images = tf.tidy(() => tf.range(0, 768).mul(0.7).sin().reshape<tf.Tensor4D>([1, 16, 16, 3]));
  const logits = tf.tidy(() => run.models.get("student").forward({ images }, "eval").logits as tf.Tensor2D);
  const answers = { backend: tf.getBackend(), losses, logits: [...(await logits.data())] };
  tf.dispose([images, logits]);
  await run.close();
  return answers;
}

/** Called by the test, which has no types of a page. */
async function main(): Promise<{ readonly about: string; readonly gpu: Answers; readonly cpu: Answers }> {
  const engine = webgpuEngine();
  const { available, detail } = await engine.check();
  if (!available) throw new Error(detail);
  await startEngine(engine);
  const gpu = await trained();
  await startCpu();
  return { about: detail, gpu, cpu: await trained() };
}

Object.assign(globalThis, { main });
