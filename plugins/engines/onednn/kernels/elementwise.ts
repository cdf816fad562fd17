/** Element-wise kernels: functions of one tensor, arithmetic and comparison of two with broadcasting, selection. */
import * as tf from "@tensorflow/tfjs";
import type { Addon, Stored, Values } from "../addon.js";
import { type Call, floatKernel, input, isFloat, isNumeric, type NamedKernel } from "../kernel.js";

export function elementwiseKernels(addon: Addon): NamedKernel[] {
  const unary = Object.entries(addon.unaryOps).map(([name, op]) =>
    floatKernel(name, (call) => runUnary(addon, call, name, op)),
  );
  const binary = Object.entries(addon.binaryOps).map(([name, op]) => binaryKernel(addon, name, op));
  const compare = Object.entries(addon.compareOps).map(([name, op]) => compareKernel(addon, name, op));
  const updates = [sgdKernel(addon), adamKernel(addon), movingAverageKernel(addon)];
  return [...unary, ...binary, ...compare, selectKernel(addon), addNKernel(addon), ...updates];
}

/** What networks have between products: results are kept as bf16 where operands are. All else comes out as floats. */
const keptAsBf16 = new Set(["Relu", "Relu6", "LeakyRelu", "Elu", "Selu", "Sigmoid", "FgkdGelu", "Add", "FgkdAddRelu"]);
/** Gradients, kept as that operand is which the forward pass had. */
const keptAsSecond = new Set(["EluGrad", "FgkdReluGrad", "FgkdGeluGrad"]);

/** The two settings of a unary operation, or zeros. */
function settingsOf(name: string, { attrs }: Call): [number, number] {
  if (name === "ClipByValue") return [Number(attrs.clipValueMin), Number(attrs.clipValueMax)];
  return [Number(attrs.alpha ?? 0), 0];
}

function runUnary(addon: Addon, call: Call, name: string, op: number): tf.TensorInfo {
  const x = input(call, "x");
  const { values, output, result } = call.backend.asStored([x], keptAsBf16.has(name) ? [x] : []);
  addon.unary(op, values[0] as Stored, result, ...settingsOf(name, call));
  return output;
}

/** Most take `a` and `b`; some gradients and Prelu name theirs otherwise. */
const operandNames: Readonly<Record<string, readonly [string, string]>> = {
  Prelu: ["x", "alpha"],
  EluGrad: ["dy", "y"],
  FgkdReluGrad: ["dy", "y"],
  FgkdGeluGrad: ["dy", "x"],
};

function operandsOf(call: Call, name: string): [tf.TensorInfo, tf.TensorInfo] {
  const [first, second] = operandNames[name] ?? ["a", "b"];
  return [input(call, first), input(call, second)];
}

type Broadcast<V extends Values, Out extends Values> = (
  op: number,
  a: V,
  b: V,
  y: Out,
  aShape: Int32Array,
  bShape: Int32Array,
) => void;

function runBroadcast<V extends Values, Out extends Values>(
  { backend }: Call,
  [a, b]: [tf.TensorInfo, tf.TensorInfo],
  dtype: "float32" | "int32" | "bool",
  op: number,
  run: Broadcast<V, Out>,
): tf.TensorInfo {
  const y = backend.output(tf.broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape), dtype);
  // The dtypes, which the caller has looked at, say which arrays these are.
  const values = [a, b, y].map((info) => backend.values(info)) as unknown as [V, V, Out];
  run(op, ...values, Int32Array.from(a.shape), Int32Array.from(b.shape));
  return y;
}

function runSameShape(
  addon: Addon,
  { backend }: Call,
  name: string,
  operands: [tf.TensorInfo, tf.TensorInfo],
  op: number,
): tf.TensorInfo {
  const deciding = keptAsBf16.has(name) ? operands : keptAsSecond.has(name) ? [operands[1]] : [];
  const { values, output, result } = backend.asStored(operands, deciding);
  const size = Int32Array.of(result.length);
  addon.binary(op, ...(values as [Stored, Stored]), result, size, size);
  return output;
}

const integerOps = new Set(["Add", "Sub", "Multiply", "Maximum", "Minimum"]);

function binaryKernel(addon: Addon, name: string, op: number): NamedKernel {
  const isIntegers = (infos: readonly tf.TensorInfo[]) =>
    infos.every((info) => info.dtype === "int32" && isNumeric(info));
  return [
    name,
    {
      accepts: (_call, tensors) => tensors.every(isFloat) || (integerOps.has(name) && isIntegers(tensors)),
      run: (call) => {
        const operands = operandsOf(call, name);
        const [a, b] = operands;
        if (a.dtype === "float32" && tf.util.arraysEqual(a.shape, b.shape))
          return runSameShape(addon, call, name, operands, op);
        return a.dtype === "float32"
          ? runBroadcast(call, operands, "float32", op, addon.binary)
          : runBroadcast(call, operands, "int32", op, addon.binaryInt);
      },
    },
  ];
}

function compareKernel(addon: Addon, name: string, op: number): NamedKernel {
  const isOne = (dtype: string, infos: readonly tf.TensorInfo[]) =>
    infos.every((info) => info.dtype === dtype && isNumeric(info));
  return [
    name,
    {
      accepts: (_call, tensors) => isOne("float32", tensors) || isOne("int32", tensors),
      run: (call) => {
        const operands = operandsOf(call, name);
        return operands[0].dtype === "float32"
          ? runBroadcast(call, operands, "bool", op, addon.compare)
          : runBroadcast(call, operands, "bool", op, addon.compareInt);
      },
    },
  ];
}

function selectKernel(addon: Addon): NamedKernel {
  return [
    "Select",
    {
      accepts: ({ inputs: { condition, t, e } }) =>
        [t, e].every(
          (info) => info !== undefined && isFloat(info) && tf.util.arraysEqual(info.shape, condition?.shape ?? []),
        ) && condition?.dtype === "bool",
      run: (call) => {
        const { backend } = call;
        const y = backend.output(input(call, "t").shape, "float32");
        const [condition, t, e] = ["condition", "t", "e"].map((name) => backend.values(input(call, name)));
        addon.select(condition as Uint8Array, t as Values, e as Values, backend.values(y));
        return y;
      },
    },
  ];
}

function addNKernel(addon: Addon): NamedKernel {
  return floatKernel("AddN", (call) => {
    const { backend } = call;
    const terms = Object.values(call.inputs);
    const [first] = terms as [tf.TensorInfo];
    if (!terms.every((term) => tf.util.arraysEqual(term.shape, first.shape))) throw new Error("shapes differ");
    const { values, output, result } = backend.asStored(terms, terms);
    let [sum] = values as [Stored];
    if (values.length === 1) backend.copy(sum, result);
    const size = Int32Array.of(result.length);
    for (const term of values.slice(1)) {
      addon.binary(addon.binaryOps.Add as number, sum, term, result, size, size);
      sum = result;
    }
    return output;
  });
}

/** The update of SGD with momentum, in one pass: `[parameter, gradient, velocity]` to the new parameter and velocity. */
function sgdKernel(addon: Addon): NamedKernel {
  return floatKernel("FgkdSgd", (call) => {
    const { backend, attrs } = call;
    const [parameter, gradient, velocity] = [
      input(call, "parameter"),
      input(call, "gradient"),
      input(call, "velocity"),
    ];
    const [p, g, v] = [parameter, gradient, velocity].map((info) => backend.values(info));
    const made = [parameter, velocity].map((info) =>
      attrs.replaces ? backend.successor(info) : backend.output(info.shape, "float32"),
    );
    const [newP, newV] = made.map((info) => backend.values(info));
    const {
      learningRate,
      momentum = 0,
      dampening = 0,
      weightDecay = 0,
      nesterov = false,
    } = attrs as Record<string, number>;
    const options = Float32Array.of(learningRate as number, momentum, 1 - dampening, weightDecay, Number(nesterov));
    addon.sgd(p as Values, g as Values, v as Values, newP as Values, newV as Values, options);
    return made;
  });
}

/** Adam's update, in one pass: `[parameter, gradient, mean, square]` to the new parameter and means. */
function adamKernel(addon: Addon): NamedKernel {
  return floatKernel("FgkdAdam", (call) => {
    const { backend } = call;
    const read = (["parameter", "gradient", "mean", "square"] as const).map((name) => input(call, name));
    const shape = (read[0] as tf.TensorInfo).shape;
    const made = Array.from({ length: 3 }, () => backend.output(shape, "float32"));
    const values = [...read, ...made].map((info) => backend.values(info) as Values);
    const { rate, beta1, beta2, correction, epsilon, decay, shrinkage } = call.attrs as Record<AdamAttribute, number>;
    const options = Float32Array.of(rate, beta1, beta2, 1 - beta1, 1 - beta2, correction, epsilon, decay, shrinkage);
    addon.adam(...(values as Seven<Values>), options);
    return made;
  });
}

type AdamAttribute = "rate" | "beta1" | "beta2" | "correction" | "epsilon" | "decay" | "shrinkage";
type Seven<T> = [T, T, T, T, T, T, T];

/** `average · kept + (value · factor) · share`, in one pass. */
function movingAverageKernel(addon: Addon): NamedKernel {
  return floatKernel("FgkdMovingAverage", ({ inputs, attrs, backend }) => {
    const [average, value] = [inputs.average as tf.TensorInfo, inputs.value as tf.TensorInfo];
    const y = backend.output(average.shape, "float32");
    const { kept, share, factor } = attrs as Record<"kept" | "share" | "factor", number>;
    const options = Float32Array.of(kept, share, factor);
    addon.movingAverage(backend.values(average), backend.values(value), backend.values(y), options);
    return y;
  });
}
