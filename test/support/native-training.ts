/**
 * A process that trains a residual network on images of noise, for what one process alone can show: memory, threads,
 * what a second start finds. Takes and prints JSON: `node --import tsx test/support/native-training.ts '{"steps": 3}'`.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as tf from "@tensorflow/tfjs";
import {
  type Backbones,
  type Choice,
  createRandom,
  createRun,
  definePlugin,
  definePreset,
  type PluginOption,
  type Run,
  type Source,
  type Stage,
  silentLogger,
} from "../../core/index.js";
import type { OnednnOptions } from "../../plugins/engines/onednn/index.js";
import { onednnEngine } from "../../plugins/engines/onednn.js";
import { crossEntropy, logitDistillation, optimizers, resnet, snapmix, teacherLogits } from "../../plugins/index.js";

export interface NativeTraining {
  /** Optimiser steps in all. */
  readonly steps: number;
  /** Default 2. */
  readonly threads?: number;
  /** Further options of the engine. */
  readonly engine?: OnednnOptions;
  /** A registered backbone and its options. Default: a small network of two stages. */
  readonly backbone?: Choice<Backbones>;
  /** Default 8. */
  readonly batchSize?: number;
  /** Side of the images. Default 32. */
  readonly size?: number;
  /** Steps of an epoch, after which two batches of half a size more are tested. Default 50. */
  readonly epoch?: number;
  /** Whether a frozen teacher of the same backbone takes part, with SnapMix from its maps. Default false. */
  readonly distils?: boolean;
}

export interface NativeResult {
  /** What the engine had to say. */
  readonly warnings: readonly string[];
  /** Of all weights. */
  readonly digest: string;
  /** After each step. */
  readonly tensors: readonly number[];
  /** What the engine holds for them after each step, as tfjs and the engine count it. */
  readonly holds: readonly { readonly bytes: number; readonly buffers: number }[];
  /** MiB, after each step. */
  readonly resident: readonly number[];
  /** MiB, after every twentieth step and a collection of garbage, whose own moments say nothing of leaks. */
  readonly settled: readonly number[];
  /** MiB, the most at any moment. */
  readonly peak: number;
}

declare module "../../core/index.js" {
  interface Sources {
    noise: { readonly size: number; readonly batches: number };
  }
}

/** Trains in a process of its own. */
export async function trainApart(options: NativeTraining, variables: NodeJS.ProcessEnv = {}): Promise<NativeResult> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--expose-gc", "--import", "tsx", fileURLToPath(import.meta.url), JSON.stringify(options)],
    { env: { ...process.env, ...variables }, maxBuffer: 1 << 26 },
  );
  return JSON.parse(stdout) as NativeResult;
}

const noise = definePlugin({
  name: "noise",
  defaults: {},
  register({ sources }) {
    sources.register("noise", {
      defaults: {},
      required: ["size", "batches"],
      create: ({ size, batches }) => ({ open: async () => noiseSource(size, batches) }),
    });
  },
});

/** Drawn once: a new array a step is garbage, whose comings and goings would hide what training itself holds. */
const drawn = new Map<string, Float32Array>();

function pixelsOf(seed: string, length: number): Float32Array {
  const known = drawn.get(seed) ?? createRandom(seed).normals(length);
  drawn.set(seed, known);
  return known;
}

function noiseSource(size: number, batches: number): Source {
  const batchCount: Source["batchCount"] = ({ split }) => (split === "train" ? batches : 2);
  return {
    classes: ["a", "b", "c", "d"],
    fingerprint: "noise",
    count: () => batches,
    batchCount,
    async *batches({ split, mode, epoch, seed, batchSize, skip }) {
      const side = split === "train" ? size : Math.round(size * 1.5);
      for (let index = skip; index < batchCount({ split, mode, batchSize }); index++) {
        const pixels = pixelsOf(`${seed}/${split}/${epoch}/${index % 8}`, batchSize * side * side * 3);
        const labels = Array.from({ length: batchSize }, (_, row) => (row + index) % 4);
        yield {
          images: tf.tensor4d(pixels, [batchSize, side, side, 3]),
          labels: tf.tidy(() => tf.oneHot(tf.tensor1d(labels, "int32"), 4).cast("float32") as tf.Tensor2D),
        };
      }
    },
    close: async () => {},
  };
}

async function train(options: NativeTraining): Promise<NativeResult> {
  const { steps, threads = 2, batchSize = 8, size = 32, epoch = 50, distils = false } = options;
  const backbone: Choice<Backbones> = options.backbone ?? { name: "resnet", depths: [1, 1], widths: [16, 32] };
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (message: string) => void warnings.push(message) };
  await onednnEngine({ threads, ...options.engine }, { logger }).start();
  // The teacher's turn never comes; without one it would have to have weights.
  const teacher: Readonly<Record<string, Stage>> = distils ? { teacher: { trains: "teacher" } } : {};
  const stages: Readonly<Record<string, Stage>> = { student: { trains: "student" }, ...teacher };
  const preset = definePreset({
    name: "native-training",
    summary: "",
    plugins: [resnet(), noise(), ...methodOf(options), optimizers()],
    stages,
    defaults: {
      epochs: Math.ceil(steps / epoch),
      batchSize,
      data: { name: "noise", size, batches: epoch },
      models: { student: { backbone }, ...(distils && { teacher: { backbone } }) },
      optimizer: { name: "sgd", learningRate: 0.01 },
    },
  });
  const run = await createRun({ preset });
  const tensors: number[] = [];
  const holds: { bytes: number; buffers: number }[] = [];
  const resident: number[] = [];
  const settled: number[] = [];
  for await (const _ of run.steps()) {
    tensors.push(tf.memory().numTensors);
    holds.push({ bytes: tf.memory().numBytes, buffers: (tf.backend() as tf.KernelBackend).numDataIds() });
    resident.push(process.memoryUsage.rss() / 2 ** 20);
    if (tensors.length % 20 === 0) {
      globalThis.gc?.();
      settled.push(process.memoryUsage.rss() / 2 ** 20);
    }
    if (tensors.length === steps) break;
  }
  const digest = await digestOf(run);
  await run.close();
  return { warnings, digest, tensors, holds, resident, settled, peak: process.resourceUsage().maxRSS / 1024 };
}

function methodOf({ distils = false }: NativeTraining): readonly PluginOption[] {
  if (!distils) return [crossEntropy()];
  return [
    snapmix({ map: "teacher" }),
    teacherLogits(),
    crossEntropy({ weight: 0.7 }),
    logitDistillation({ temperature: 3, weight: 0.3 }),
  ];
}

async function digestOf(run: Run): Promise<string> {
  const hash = createHash("sha256");
  const weights = await run.models.get("student").parameters.export();
  for (const { data } of weights.values()) hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return hash.digest("hex");
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  console.log(JSON.stringify(await train(JSON.parse(process.argv[2] ?? "{}") as NativeTraining)));
