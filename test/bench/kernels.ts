/** Watches the kernels that the active engine runs: how much they compute, and how long they take. */
import * as tf from "@tensorflow/tfjs";
import { activeRecorder, setRecorder } from "../../core/ops/recording.js";

export interface KernelCall {
  readonly kernel: string;
  /** Shapes of what it read. */
  readonly shapes: string;
  /** Multiplications and additions of a convolution, matrix product or attention; 0 for everything else. */
  readonly operations: number;
  /** Elapsed, without the kernels that it called. */
  readonly milliseconds: number;
  /** Of all processors: what other programs hardly disturb. */
  readonly processor: number;
}

/**
 * Puts a clock around every kernel of the active engine, whose passes run layer by layer meanwhile.
 *
 * @returns takes the clocks off again
 */
export function watchKernels(tell: (call: KernelCall) => void): () => void {
  const originals = tf.getKernelsForBackend(tf.getBackend());
  const recorder = activeRecorder();
  setRecorder(undefined);
  let inner = { milliseconds: 0, processor: 0 };
  const put = (kernel: tf.KernelConfig) => {
    tf.unregisterKernel(kernel.kernelName, kernel.backendName);
    tf.registerKernel(kernel);
  };
  for (const original of originals) {
    const kernelFunc: tf.KernelFunc = (call) => {
      const outer = inner;
      inner = { milliseconds: 0, processor: 0 };
      const before = process.cpuUsage();
      const begin = performance.now();
      const result = original.kernelFunc(call);
      const milliseconds = performance.now() - begin;
      const { user, system } = process.cpuUsage(before);
      const processor = (user + system) / 1000;
      const kernel = original.kernelName;
      tell({
        kernel,
        ...read(kernel, call, result),
        milliseconds: milliseconds - inner.milliseconds,
        processor: processor - inner.processor,
      });
      inner = { milliseconds: outer.milliseconds + milliseconds, processor: outer.processor + processor };
      return result;
    };
    put({ ...original, kernelFunc });
  }
  return () => {
    originals.forEach(put);
    setRecorder(recorder);
  };
}

type Call = Parameters<tf.KernelFunc>[0];
type Result = ReturnType<tf.KernelFunc>;

function read(kernel: string, { inputs, attrs }: Call, result: Result): Pick<KernelCall, "shapes" | "operations"> {
  const named = inputs as Readonly<Record<string, tf.TensorInfo | undefined>>;
  const [output] = Array.isArray(result) ? result : [result];
  const shapes = Object.values(named).map((info) => info?.shape ?? []);
  return {
    shapes: shapes
      .filter((shape) => shape.length > 1 || shapes.length === 1)
      .map((shape) => shape.join("×"))
      .join(" "),
    operations: operationsOf(kernel, named, attrs ?? {}, output?.shape ?? []),
  };
}

/** By the definition, however the kernel goes about it. */
function operationsOf(
  kernel: string,
  { dy, filter, a, packed }: Readonly<Record<string, tf.TensorInfo | undefined>>,
  attrs: object,
  output: readonly number[],
): number {
  const { filterShape = filter?.shape, transposeA } = attrs as { filterShape?: number[]; transposeA?: boolean };
  if (filterShape?.length === 4) {
    const [height = 1, width = 1, channels = 1] = filterShape;
    const eachReads = height * width * (kernel.includes("epthwise") ? 1 : channels);
    return 2 * product(dy?.shape ?? output) * eachReads;
  }
  // Of [batch, tokens, 3 · channels]: two products of all pairs of tokens, and five in the gradient, which makes the maps anew.
  if (packed) return (2 * (dy ? 5 : 2) * product(packed.shape) * (packed.shape[1] ?? 1)) / 3;
  if (a && kernel.includes("MatMul")) return 2 * product(output) * (a.shape.at(transposeA ? -2 : -1) ?? 1);
  return 0;
}

function product(shape: readonly number[]): number {
  return shape.reduce((size, side) => size * side, 1);
}
