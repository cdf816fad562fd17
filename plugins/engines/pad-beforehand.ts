/** Paddings in numbers for a backend that knows only `same` and `valid`: the images are padded before the kernel runs. */
import * as tf from "@tensorflow/tfjs";

/** What a kernel is called with, as far as padding goes. */
interface Call {
  readonly inputs: Readonly<Record<string, tf.TensorInfo>>;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly backend: tf.KernelBackend;
}

type Run = (call: Call) => tf.TensorInfo;
type Sides = readonly [top: number, bottom: number, left: number, right: number];

/** Kernels that read images: under which name, and what stands outside of them. */
const readers: Readonly<Record<string, readonly [input: string, outside: number]>> = {
  Conv2D: ["x", 0],
  FusedConv2D: ["x", 0],
  DepthwiseConv2dNative: ["x", 0],
  FusedDepthwiseConv2D: ["x", 0],
  Conv2DBackpropFilter: ["x", 0],
  DepthwiseConv2dNativeBackpropFilter: ["x", 0],
  MaxPool: ["x", Number.NEGATIVE_INFINITY],
};

/** Kernels whose result is the gradient of the images, of the shape in the attribute `inputShape`. */
const writers = ["Conv2DBackpropInput", "DepthwiseConv2dNativeBackpropInput"];

/**
 * Registers kernels of this backend anew so that they take a number, or numbers for each side, as `pad`.
 *
 * Its kernels `PadV2` and `Slice` do the work; without numbers nothing changes. Average pools, whose mean leaves out what is
 * outside, are left as they are. Idempotent.
 */
export function padBeforehand(backendName: string): void {
  for (const [name, [input, outside]] of Object.entries(readers))
    replaceKernel(backendName, name, (stock) => (call) => {
      const sides = sidesOf(call);
      if (sides === null) return stock(call);
      const padded = pad(call, call.inputs[input] as tf.TensorInfo, sides, outside);
      const inputs = { ...call.inputs, [input]: padded };
      return freeing(call, [padded], () => stock({ ...call, inputs, attrs: { ...call.attrs, pad: "valid" } }));
    });
  for (const name of writers)
    replaceKernel(backendName, name, (stock) => (call) => {
      const sides = sidesOf(call);
      if (sides === null) return stock(call);
      const shape = call.attrs.inputShape as number[];
      const whole = stock({ ...call, attrs: { ...call.attrs, inputShape: widened(shape, sides), pad: "valid" } });
      return freeing(call, [whole], () => inner(call, whole, shape, sides));
    });
  replaceKernel(backendName, "MaxPoolGrad", (stock) => (call) => {
    const sides = sidesOf(call);
    if (sides === null) return stock(call);
    const images = call.inputs.input as tf.TensorInfo;
    const padded = pad(call, images, sides, Number.NEGATIVE_INFINITY);
    const inputs = { ...call.inputs, input: padded };
    const whole = stock({ ...call, inputs, attrs: { ...call.attrs, pad: "valid" } });
    return freeing(call, [padded, whole], () => inner(call, whole, images.shape, sides));
  });
}

const replaced = new WeakSet<object>();

/** Registers a kernel of this backend anew, made from the one that is there. Idempotent. */
export function replaceKernel(backendName: string, kernelName: string, make: (stock: Run) => Run): void {
  const kernel = tf.getKernel(kernelName, backendName);
  if (kernel == null || replaced.has(kernel)) return;
  // tfjs warns on the console about a second registration, so take the first one away.
  tf.unregisterKernel(kernelName, backendName);
  // These kernels have one result, tensors by name and such attributes; tfjs' types only say "some".
  const kernelFunc = make(kernel.kernelFunc as unknown as Run) as unknown as tf.KernelFunc;
  const own = { ...kernel, kernelFunc };
  replaced.add(own);
  tf.registerKernel(own);
}

/** The padding in numbers, or null where it has a name. */
function sidesOf({ attrs }: Call): Sides | null {
  const { pad } = attrs;
  if (typeof pad === "number") return [pad, pad, pad, pad];
  if (!Array.isArray(pad)) return null;
  const [, rows, columns] = pad as [unknown, [number, number], [number, number]];
  return [...rows, ...columns];
}

function widened([batch = 0, height = 0, width = 0, channels = 0]: readonly number[], sides: Sides): number[] {
  const [top, bottom, left, right] = sides;
  return [batch, height + top + bottom, width + left + right, channels];
}

function pad({ backend }: Call, x: tf.TensorInfo, [top, bottom, left, right]: Sides, constantValue: number) {
  const paddings = [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
  return run("PadV2", backend, { x }, { paddings, constantValue });
}

function inner({ backend }: Call, x: tf.TensorInfo, size: readonly number[], [top, , left]: Sides): tf.TensorInfo {
  return run("Slice", backend, { x }, { begin: [0, top, left, 0], size: [...size] });
}

function run(name: string, backend: tf.KernelBackend, inputs: tf.NamedTensorInfoMap, attrs: object): tf.TensorInfo {
  // Called by a kernel of the backend that is active.
  const { kernelFunc } = tf.getKernel(name, tf.getBackend());
  return kernelFunc({ inputs, attrs: attrs as tf.NamedAttrMap, backend }) as tf.TensorInfo;
}

/** What the body returns, once tensors that were made on the way are gone. */
function freeing<T>({ backend }: Call, made: readonly tf.TensorInfo[], body: () => T): T {
  try {
    return body();
  } finally {
    for (const { dataId } of made) backend.disposeData(dataId);
  }
}
