/** Arithmetic of two tensors, one of which may be broadcast, and sums of several. */
import * as tf from "@tensorflow/tfjs";
import { type Call, floatKernel, type GpuKernel, input } from "../kernel.js";
import type { Shader } from "../shader.js";
import { eachPlace, elementOf, groupsOf, runPointwise, typesOf, widthOf, workgroup } from "./pointwise.js";

/** Of `a` and `b`. A comparison with NaN is false: what could drop one asks for it. */
const functions: Readonly<Record<string, string>> = {
  Add: "a + b",
  Sub: "a - b",
  Multiply: "a * b",
  RealDiv: "a / b",
  SquaredDifference: "(a - b) * (a - b)",
  Maximum: "select(a, b, (b > a) | isNan(b))",
  Minimum: "select(a, b, (b < a) | isNan(b))",
};

const operands = ["a", "b"] as const;

/** Neighbouring axes along which the same operands move. */
interface Run {
  size: number;
  readonly moves: Readonly<Record<"a" | "b", boolean>>;
}

/** From the outermost to the innermost; axes of one place are left out. */
function runsOf(shape: readonly number[], a: readonly number[], b: readonly number[]): readonly Run[] {
  const runs: Run[] = [];
  const sizeAt = (of: readonly number[], axis: number) => of[axis - shape.length + of.length] ?? 1;
  shape.forEach((size, axis) => {
    if (size === 1) return;
    const moves = { a: sizeAt(a, axis) > 1, b: sizeAt(b, axis) > 1 };
    const last = runs[runs.length - 1];
    if (last && last.moves.a === moves.a && last.moves.b === moves.b) last.size *= size;
    else runs.push({ size, moves });
  });
  return runs.length > 0 ? runs : [{ size: 1, moves: { a: true, b: true } }];
}

/** Places of an operand for the place `i`: a sum over the runs along which it moves. */
function placeOf(operand: "a" | "b", runs: readonly Run[]): string {
  const moving = runs.flatMap(({ moves }, at) => (moves[operand] ? [`p${at} * numbers.${operand}${at}`] : []));
  return moving.length > 0 ? moving.join(" + ") : "0u";
}

function broadcastShader(name: string, expression: string, runs: readonly Run[], width: 1 | 4): Shader {
  const last = runs.length - 1;
  const isSplat = (operand: "a" | "b") => !runs[last]?.moves[operand];
  const pattern = runs.map(({ moves }) => `${moves.a ? "a" : ""}${moves.b ? "b" : ""}`).join("/");
  const split = runs.map((_, at) => {
    const from = runs.length - 1 - at;
    return from === 0
      ? "    let p0 = rest;"
      : `    let p${from} = rest % numbers.size${from};\n    rest = rest / numbers.size${from};`;
  });
  return {
    key: `${name}/broadcast/${pattern}/${width}`,
    reads: operands.map((operand) => ({
      name: `${operand}Values`,
      element: elementOf(isSplat(operand) ? 1 : width),
    })),
    writes: [{ name: "yValues", element: elementOf(width) }],
    numbers: ["size", ...runs.flatMap((_, at) => [`size${at}`, `a${at}`, `b${at}`])].map((field) => ({
      name: field,
      type: "u32",
    })),
    workgroup: [workgroup, 1, 1],
    text: () => ({
      declarations: typesOf(width),
      main: eachPlace(`    var rest = i;
${split.join("\n")}
${operands.map((operand) => `    let ${operand} = V(${operand}Values[${placeOf(operand, runs)}]);`).join("\n")}
    yValues[i] = ${expression};`),
    }),
  };
}

/** Strides in the unit of what is bound: vectors, or single values of an operand that stands still along the last run. */
function numbersOf(runs: readonly Run[], width: number): Record<string, number> {
  const numbers: Record<string, number> = {};
  const last = runs.length - 1;
  const strides = { a: 1, b: 1 };
  for (let at = last; at >= 0; at--) {
    const { size, moves } = runs[at] as Run;
    const counted = at === last ? size / width : size;
    numbers[`size${at}`] = counted;
    for (const operand of operands) {
      numbers[`${operand}${at}`] = strides[operand];
      if (moves[operand]) strides[operand] *= counted;
    }
  }
  return numbers;
}

function runBroadcast(call: Call, name: string, expression: string): tf.TensorInfo {
  const { backend } = call;
  const [a, b] = [input(call, "a"), input(call, "b")];
  if (tf.util.arraysEqual(a.shape, b.shape)) {
    const y = backend.allocate(a.shape);
    runPointwise(backend, { name, reads: operands, writes: ["y"], body: `y = ${expression};` }, [a, b], [y]);
    return y;
  }
  const shape = tf.broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
  const y = backend.allocate(shape);
  const runs = runsOf(shape, a.shape, b.shape);
  const width = widthOf((runs[runs.length - 1] as Run).size);
  const threads = tf.util.sizeFromShape(shape) / width;
  backend.run({
    shader: broadcastShader(name, expression, runs, width),
    reads: [a, b],
    writes: [y],
    numbers: { size: threads, ...numbersOf(runs, width) },
    groups: groupsOf(threads),
  });
  return y;
}

/** Buffers that a sum of several tensors reads at once: with its result, as many as every device binds. */
const mostTerms = 7;

function addN(call: Call): tf.TensorInfo {
  const { backend } = call;
  let terms: readonly tf.TensorInfo[] = Object.values(call.inputs);
  const { shape } = terms[0] as tf.TensorInfo;
  for (let sum: tf.TensorInfo | undefined; ; ) {
    const some = terms.slice(0, mostTerms);
    const names = some.map((_, at) => `x${at}`);
    const y = backend.allocate(shape);
    const pointwise = { name: `AddN/${some.length}`, reads: names, writes: ["y"], body: `y = ${names.join(" + ")};` };
    runPointwise(backend, pointwise, some, [y]);
    if (sum) backend.disposeData(sum.dataId);
    if (terms.length <= mostTerms) return y;
    sum = y;
    terms = [y, ...terms.slice(mostTerms)];
  }
}

export const binaryKernels: readonly GpuKernel[] = [
  ...Object.entries(functions).map(([name, expression]) =>
    floatKernel(name, (call) => runBroadcast(call, name, expression)),
  ),
  floatKernel("AddN", addN, ({ inputs }) => {
    const shapes = Object.values(inputs).map(({ shape }) => shape);
    return shapes.every((shape) => tf.util.arraysEqual(shape, shapes[0] as number[]));
  }),
];
