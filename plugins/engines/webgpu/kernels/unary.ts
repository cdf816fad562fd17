/** Functions of one value. A NaN stays one: where WGSL's own functions may lose it, a comparison stands in their place. */
import type * as tf from "@tensorflow/tfjs";
import { type Call, floatKernel, type GpuKernel, input } from "../kernel.js";
import { runPointwise } from "./pointwise.js";

interface Unary {
  /** `y` of `x`, both `V`. */
  readonly y: string;
  /** Names of numbers beside `nan`, and their attributes. Default: none. */
  readonly numbers?: Readonly<Record<string, { readonly attribute: string; readonly otherwise: number }>>;
}

/** No number where the argument is below 0, whatever WGSL's function has there. */
const aboveZero = (y: string) => `select(${y}, V(numbers.nan), x < V(0.0))`;

const functions: Readonly<Record<string, Unary>> = {
  Abs: { y: "abs(x)" },
  ClipByValue: {
    y: "select(select(x, V(numbers.least), x < V(numbers.least)), V(numbers.most), x > V(numbers.most))",
    numbers: {
      least: { attribute: "clipValueMin", otherwise: 0 },
      most: { attribute: "clipValueMax", otherwise: 0 },
    },
  },
  Exp: { y: "expOf(x)" },
  LeakyRelu: {
    y: "select(x, x * numbers.alpha, x < V(0.0))",
    numbers: { alpha: { attribute: "alpha", otherwise: 0.2 } },
  },
  Log: { y: aboveZero("logOf(x)") },
  Neg: { y: "-x" },
  Relu: { y: "select(x, V(0.0), x < V(0.0))" },
  Relu6: { y: "select(select(x, V(0.0), x < V(0.0)), V(6.0), x > V(6.0))" },
  Rsqrt: { y: aboveZero("inverseSqrt(x)") },
  // Of −|x|, whose exponential cannot overflow.
  Sigmoid: { y: "select(expOf(-abs(x)), V(1.0), x >= V(0.0)) / (V(1.0) + expOf(-abs(x)))" },
  Sqrt: { y: aboveZero("sqrt(x)") },
  Square: { y: "x * x" },
  Step: {
    y: "select(select(V(numbers.alpha), V(1.0), x > V(0.0)), x, isNan(x))",
    numbers: { alpha: { attribute: "alpha", otherwise: 0 } },
  },
};

export const unaryKernels: readonly GpuKernel[] = Object.entries(functions).map(([name, { y, numbers = {} }]) =>
  floatKernel(name, ({ attrs, backend, inputs }) => {
    const x = input({ attrs, backend, inputs }, "x");
    const result = backend.allocate(x.shape);
    const fields = [...Object.keys(numbers), "nan"].map((field) => ({ name: field, type: "f32" as const }));
    const given = Object.entries(numbers).map(([field, { attribute, otherwise }]) => {
      return [field, Number(attrs[attribute] ?? otherwise)] as const;
    });
    const pointwise = { name, reads: ["x"], writes: ["y"], numbers: fields, body: `y = ${y};` };
    runPointwise(backend, pointwise, [x], [result], { nan: Number.NaN, ...Object.fromEntries(given) });
    return result;
  }),
);

/** Of tensors of one shape. */
const fused: Readonly<
  Record<string, { readonly reads: readonly string[]; readonly y: string; readonly with?: string }>
> = {
  FgkdAddRelu: { reads: ["a", "b"], y: "select(a + b, V(0.0), a + b < V(0.0))" },
  FgkdReluGrad: { reads: ["dy", "y"], y: "select(select(V(0.0), dy, y > V(0.0)), y, isNan(y))" },
  FgkdGelu: { reads: ["x"], y: "gelu(x)", with: gelu() },
  FgkdGeluGrad: { reads: ["dy", "x"], y: "dy * geluSlope(x)", with: gelu() },
};

export const fusedPointwiseKernels: readonly GpuKernel[] = Object.entries(fused).map(
  ([name, { reads, y, with: declarations = "" }]) =>
    floatKernel(name, (call: Call): tf.TensorInfo => {
      const tensors = reads.map((read) => input(call, read));
      const result = call.backend.allocate((tensors[0] as tf.TensorInfo).shape);
      const pointwise = { name, reads, writes: ["result"], declarations, body: `result = ${y};` };
      runPointwise(call.backend, pointwise, tensors, [result]);
      return result;
    }),
);

/**
 * x Φ(x) and its slope Φ(x) + x φ(x). Φ and the slope are 1/2 and an odd function, each a quotient of two polynomials of the
 * fifth degree in x², as the engine `onednn` has them: the greatest error is below 3e-7.
 */
function gelu(): string {
  const cdf = {
    upper: [4.690534383e-8, 1.26886154e-5, 0.0003258869707, 0.009285205877, 0.0664873973, 0.7978845379],
    lower: [1.217325019e-6, 7.192215716e-5, 0.001851319369, 0.0283040721, 0.2499959041, 1],
  };
  const slope = {
    upper: [1.916968099e-7, 3.589297413e-5, 2.221966458e-5, 0.01421752343, -0.03084315929, 0.7978848098],
    lower: [8.913329712e-6, 0.0001929376109, 0.003526461914, 0.04103143079, 0.2946824054, 1],
  };
  return `${oddQuotient("halfErf", cdf, 5.4, 1)}
${oddQuotient("slopeAround", slope, 5.9, 0.5)}
fn gelu(x: V) -> V { return x * (V(0.5) + 0.5 * halfErf(x)); }
fn geluSlope(x: V) -> V { return V(0.5) + slopeAround(x); }`;
}

/** `limit`, with the sign of x, where x is beyond `end`; x · upper(x²) / lower(x²) elsewhere. */
function oddQuotient(
  name: string,
  { upper, lower }: Readonly<Record<"upper" | "lower", readonly number[]>>,
  end: number,
  limit: number,
): string {
  const horner = (factors: readonly number[]) =>
    factors.slice(1).reduce((inner, factor) => `fma(${inner}, t, V(${factor}))`, `V(${factors[0]})`);
  return `fn ${name}(x: V) -> V {
  let t = x * x;
  let inside = x * ${horner(upper)} / ${horner(lower)};
  return select(inside, select(V(${limit}), V(${-limit}), x < V(0.0)), t > V(${end * end}));
}`;
}
