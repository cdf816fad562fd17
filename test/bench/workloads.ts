/** What is measured: the steps that `../shared/bench/pytorch_steps.py` takes, taken by fgkd's own runs. */
import * as tf from "@tensorflow/tfjs";
import {
  type Config,
  createRun,
  createTraining,
  definePreset,
  flattenPlugins,
  need,
  type PluginOption,
  type Run,
  startEngine as start,
} from "../../core/index.js";
import { catalogue, crossEntropy, logitDistillation, snapmix, teacherLogits } from "../../plugins/index.js";
import { noise, oneBatch } from "../support/one-batch.js";

export const benchPrecisions = ["f32", "bf16"] as const;
export type BenchPrecision = (typeof benchPrecisions)[number];

export interface Workload {
  /** As the peer calls it; in bf16 it ends in " bf16", which peer.py runs under autocast. */
  readonly name: string;
  /** Of products and what is kept between them, on engines that have a choice. */
  readonly precision: BenchPrecision;
  readonly kind: "train" | "infer" | "dadkd";
  /** A registered backbone; a workload whose backbone nobody registers is passed over. */
  readonly backbone: string;
  /** Its options. Default: its own. */
  readonly options?: Readonly<Record<string, unknown>>;
  readonly batch: number;
  /** Side of the images, in pixels. */
  readonly size: number;
  /** Side of the student's images. */
  readonly low?: number;
  /** Time relative to the peer's that is aimed at. */
  readonly target?: number;
}

const deitTiny = "deit_tiny_patch16_224";

/** A ResNet of four blocks, as demos and low-resolution students have: `small_resnet` in peer.py is the same. */
const smallResnet = { backbone: "resnet", options: { depths: [1, 1, 1, 1], widths: [32, 64, 128, 256] } };

const inFloats: readonly Omit<Workload, "precision">[] = [
  { name: "train resnet18 16x128", kind: "train", backbone: "resnet18", batch: 16, size: 128, target: 0.7 },
  { name: "train resnet50 16x128", kind: "train", backbone: "resnet50", batch: 16, size: 128, target: 0.7 },
  { name: "train resnet50 4x448", kind: "train", backbone: "resnet50", batch: 4, size: 448, target: 0.6 },
  { name: "train vgg16_bn 4x224", kind: "train", backbone: "vgg16_bn", batch: 4, size: 224, target: 0.6 },
  { name: "train convnext_tiny 8x224", kind: "train", backbone: "convnext_tiny", batch: 8, size: 224, target: 0.35 },
  { name: "train deit-tiny 16x224", kind: "train", backbone: deitTiny, batch: 16, size: 224, target: 0.25 },
  { name: "train mobilenet_v2 16x128", kind: "train", backbone: "mobilenet_v2", batch: 16, size: 128, target: 0.6 },
  { name: "train small_resnet 32x32", kind: "train", ...smallResnet, batch: 32, size: 32 },
  { name: "train small_resnet 32x40", kind: "train", ...smallResnet, batch: 32, size: 40, target: 0.8 },
  { name: "train small_resnet 32x64", kind: "train", ...smallResnet, batch: 32, size: 64 },
  { name: "train small_resnet 32x112", kind: "train", ...smallResnet, batch: 32, size: 112, target: 0.8 },
  { name: "infer resnet50 16x128", kind: "infer", backbone: "resnet50", batch: 16, size: 128, target: 0.65 },
  { name: "infer resnet50 4x448", kind: "infer", backbone: "resnet50", batch: 4, size: 448, target: 0.65 },
  { name: "infer convnext_tiny 8x224", kind: "infer", backbone: "convnext_tiny", batch: 8, size: 224, target: 0.6 },
  { name: "infer deit-tiny 16x224", kind: "infer", backbone: deitTiny, batch: 16, size: 224, target: 0.6 },
  { name: "infer mobilenet_v2 16x128", kind: "infer", backbone: "mobilenet_v2", batch: 16, size: 128, target: 0.6 },
  {
    name: "dadkd resnet18 8x448-128",
    kind: "dadkd",
    backbone: "resnet18",
    batch: 8,
    size: 448,
    low: 128,
    target: 0.65,
  },
];

/** Time relative to autocast's that is aimed at; a workload that is not here is measured in float32 alone. */
const targetsInBf16: Readonly<Record<string, number>> = {
  "train resnet18 16x128": 0.7,
  "train resnet50 16x128": 0.7,
  "train resnet50 4x448": 0.6,
  "train vgg16_bn 4x224": 0.6,
  "train convnext_tiny 8x224": 0.5,
  "train deit-tiny 16x224": 0.5,
  "infer resnet50 16x128": 0.6,
  "infer resnet50 4x448": 0.6,
  "dadkd resnet18 8x448-128": 0.6,
};

export const workloads: readonly Workload[] = [
  ...inFloats.map((workload) => ({ ...workload, precision: "f32" as const })),
  ...inFloats.flatMap((workload) => {
    const target = targetsInBf16[workload.name];
    return target ? [{ ...workload, name: `${workload.name} bf16`, precision: "bf16" as const, target }] : [];
  }),
];

/** A workload at work. */
export interface Running {
  readonly run: Run;
  step(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Composes the run that takes the workload's steps. Start an engine before the first.
 *
 * @param steps after which the run ends. Default: as many as are asked for
 */
export async function open(workload: Workload, steps: number | null = null): Promise<Running> {
  const { kind, low } = workload;
  const backbone = { ...workload.options, name: workload.backbone };
  const student = { backbone, ...(low && { input: { size: low } }) };
  const preset = definePreset({
    name: "bench",
    summary: "one batch, over and over",
    plugins: [registering(), oneBatch(), ...method(kind)],
    // The teacher's turn never comes; without one it would have to have weights.
    stages: { student: { trains: "student" }, teacher: { trains: "teacher" } },
    defaults: {
      epochs: 1,
      stepsPerEpoch: steps,
      // The batch has no end, and no test.
      evaluation: { every: 0 },
      batchSize: workload.batch,
      data: { name: "one-batch", size: workload.size },
      models: { student, teacher: { backbone } },
      optimizer: { name: "sgd", learningRate: 0.01, momentum: 0.9, ...optimizerOf(kind) },
    } as Config,
  });
  const run = await createRun({ preset });
  return kind === "infer" ? inference(run, workload) : training(run);
}

/** Names of the backbones that fgkd registers. */
export function knownBackbones(): readonly string[] {
  return createTraining({ plugins: registering() }).backbones.names;
}

/**
 * Makes an engine the active one of this process. Says what it runs on.
 *
 * @throws FgkdError for a precision that the engine does not have
 */
export async function startEngine(name: string, precision: BenchPrecision = "f32"): Promise<string> {
  const choice = precision === "f32" ? { name } : { name, precision };
  const engine = createTraining({ plugins: registering() }).engines.choose(choice);
  await start(engine);
  const { available, detail } = await engine.check();
  return available ? detail : "";
}

function training(run: Run): Running {
  const steps = run.steps();
  return {
    run,
    step: async () => void (await steps.next()),
    close: () => run.close(),
  };
}

function inference(run: Run, { batch, size }: Workload): Running {
  const model = run.models.get("student");
  const images = noise(batch, size);
  return {
    run,
    step: async () => tf.tidy(() => void need(model.forward({ images }, "eval"), "logits", "bench")),
    close: async () => {
      images.dispose();
      await run.close();
    },
  };
}

function method(kind: Workload["kind"]): readonly PluginOption[] {
  if (kind !== "dadkd") return [crossEntropy()];
  return [
    snapmix({ map: "teacher" }),
    teacherLogits(),
    crossEntropy({ weight: 0.7 }),
    logitDistillation({ temperature: 3, weight: 0.3 }),
  ];
}

function optimizerOf(kind: Workload["kind"]): { readonly weightDecay: number; readonly nesterov: boolean } {
  return kind === "dadkd" ? { weightDecay: 1e-4, nesterov: true } : { weightDecay: 5e-4, nesterov: false };
}

/** Of fgkd's plugins those that register engines, optimisers and backbones; the others would take part in the steps. */
function registering(): readonly PluginOption[] {
  return flattenPlugins(catalogue()).filter((plugin) => {
    const { engines, optimizers, backbones } = createTraining({ plugins: [plugin] });
    return engines.names.length + optimizers.names.length + backbones.names.length > 0;
  });
}
