/** The steps that are measured on a GPU, taken by fgkd's own runs. `peer.py` takes the same in PyTorch. */
import { type Config, createRun, definePreset } from "../../core/index.js";
import { snapmix } from "../../plugins/augmenters/index.js";
import { convnext, deit, resnet } from "../../plugins/backbones/index.js";
import { crossEntropy, logitDistillation } from "../../plugins/losses/index.js";
import { optimizers } from "../../plugins/optimizers/index.js";
import { teacherLogits } from "../../plugins/teachers/index.js";
import { oneBatch } from "../support/one-batch.js";

export interface Workload {
  readonly backbone: { readonly name: string };
  readonly optimizer: "sgd" | "adamw";
  readonly batch: number;
  /** Side of the images, in pixels. */
  readonly size: number;
  /** Side of a student's images; then a teacher of the same kind sees the whole ones, twice a step. */
  readonly low?: number;
}

const base = { name: "deit", size: 384, patch: 16, width: 768, depth: 12, heads: 12, distilled: false };
const small = { name: "resnet", block: "basic", depths: [1, 1], widths: [8, 16] };
const tokens = { name: "deit", size: 16, patch: 8, width: 16, depth: 1, heads: 2, distilled: false };
const [sgd, adamw] = ["sgd", "adamw"] as const;

/** The table of targets. */
const real: Readonly<Record<string, Workload>> = {
  "resnet18 16x128": { backbone: { name: "resnet18" }, optimizer: sgd, batch: 16, size: 128 },
  "resnet50 16x128": { backbone: { name: "resnet50" }, optimizer: sgd, batch: 16, size: 128 },
  "resnet50 16x448": { backbone: { name: "resnet50" }, optimizer: sgd, batch: 16, size: 448 },
  "deit_base 16x384": { backbone: base, optimizer: adamw, batch: 16, size: 384 },
  "convnext_base 16x384": { backbone: { name: "convnext_base" }, optimizer: adamw, batch: 16, size: 384 },
  "dadkd resnet50 16x448-128": { backbone: { name: "resnet50" }, optimizer: sgd, batch: 16, size: 448, low: 128 },
};

/** The same steps at a size for software. */
const tiny: Readonly<Record<string, Workload>> = {
  "resnet 2x16": { backbone: small, optimizer: sgd, batch: 2, size: 16 },
  "deit 2x16": { backbone: tokens, optimizer: adamw, batch: 2, size: 16 },
  "dadkd resnet 2x16-8": { backbone: small, optimizer: sgd, batch: 2, size: 16, low: 8 },
};

export const workloads: Readonly<Record<string, Workload>> = process.env.TINY ? tiny : real;

/** Takes steps, of which each ends when its loss is known. */
export interface Opened {
  step(): Promise<number>;
  close(): Promise<void>;
}

export function open(name: string): Promise<Opened> {
  return openWorkload(workloads[name] as Workload);
}

/** Composes the run that takes the steps. */
export async function openWorkload({ backbone, optimizer, batch, size, low }: Workload): Promise<Opened> {
  const losses = low
    ? [
        snapmix({ map: "teacher" }),
        teacherLogits(),
        crossEntropy({ weight: 0.7 }),
        logitDistillation({ temperature: 3, weight: 0.3 }),
      ]
    : [crossEntropy()];
  const preset = definePreset({
    name: "device",
    summary: "one batch, over and over",
    plugins: [resnet(), deit(), convnext(), optimizers(), oneBatch(), ...losses],
    stages: { student: { trains: "student" }, teacher: { trains: "teacher" } },
    defaults: {
      epochs: 1,
      evaluation: { every: 0 },
      batchSize: batch,
      data: { name: "one-batch", size },
      models: { student: { backbone, ...(low && { input: { size: low } }) }, teacher: { backbone } },
      optimizer:
        optimizer === "sgd"
          ? { name: "sgd", learningRate: 0.01, momentum: 0.9, weightDecay: 5e-4 }
          : { name: "adamw", learningRate: 1e-4, weightDecay: 0.05 },
    } as Config,
  });
  const run = await createRun({ preset });
  const steps = run.steps();
  const step = async () => {
    const { value } = await steps.next();
    return Object.values(value?.losses ?? {}).reduce((sum: number, loss) => sum + (loss as number), 0);
  };
  return { step, close: () => run.close() };
}
