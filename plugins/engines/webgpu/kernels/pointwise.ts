/** Functions of single values: the same of every place of tensors of one shape, four places at a time. */
import * as tf from "@tensorflow/tfjs";
import { type Dispatch, mostGroups, type NumberField, type Shader } from "../shader.js";

export const workgroup = 256;

export interface Pointwise {
  readonly name: string;
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** Given with each run. Default: none. */
  readonly numbers?: readonly NumberField[];
  /**
   * Of `numbers` in `body` those that are read from a tensor `[rows, rates]`, whose row is the number `row`: they may change from run
   * to run although all else is as it was. It is read last. Default: none.
   */
  readonly rates?: readonly string[];
  /** Functions that `body` calls. Default: none. */
  readonly declarations?: string;
  /** Statements over values of the type `V`, `f32` or a vector: they read what `reads` names, and set what `writes` names. */
  readonly body: string;
}

/**
 * `V` is the type of a value, `U` of its bits. `isNan` looks at these, for a compiler may take any comparison for settled.
 * Adapters lose NaN and infinities in their exponential and logarithm; `expOf` and `logOf` keep them.
 */
export function typesOf(width: 1 | 4): string {
  return `alias V = ${width === 4 ? "vec4f" : "f32"};
alias U = ${width === 4 ? "vec4u" : "u32"};
alias B = ${width === 4 ? "vec4<bool>" : "bool"};
fn isNan(x: V) -> B { return (bitcast<U>(x) & U(0x7fffffffu)) > U(0x7f800000u); }
fn expOf(x: V) -> V { return select(exp(x), x, isNan(x)); }
fn logOf(x: V) -> V {
  return select(select(log(x), x, isNan(x) | (x > V(3.4028234e38))), V(-1.0) / abs(x), x == V(0.0));
}`;
}

/** How many values a shader takes at a time. */
export function widthOf(size: number): 1 | 4 {
  return size % 4 === 0 ? 4 : 1;
}

/** How an array of such values is bound. */
export function elementOf(width: 1 | 4): "f32" | "vec4f" {
  return width === 4 ? "vec4f" : "f32";
}

/** Workgroups for so many threads, which step on by all threads at once where one dispatch has too few. */
export function groupsOf(threads: number): [number, number, number] {
  return [Math.max(1, Math.min(Math.ceil(threads / workgroup), mostGroups)), 1, 1];
}

/** A loop over `numbers.size` places `i`, for shaders that are dispatched by `groupsOf`. */
export function eachPlace(body: string): string {
  return `  for (var i = at.x; i < numbers.size; i += groups.x * ${workgroup}u) {\n${body}\n  }`;
}

/** How rates are bound. */
export const ratesBinding = { name: "rates", element: "f32" } as const;

/** The body of a function, with this behind the names of its numbers. */
export function bodyOf({ body, rates = [] }: Pick<Pointwise, "body" | "rates">, at: number | "" = ""): string {
  return body.replace(/numbers\.(\w+)/g, (_, name: string) => {
    const place = rates.indexOf(name);
    return place < 0 ? `numbers.${name}${at}` : `rates[numbers.row${at} * ${rates.length}u + ${place}u]`;
  });
}

function shaderOf(pointwise: Pointwise): Shader {
  const { name, reads, writes, numbers = [], rates, declarations = "" } = pointwise;
  const element = elementOf(4);
  return {
    key: name,
    reads: [...reads.map((read) => ({ name: `${read}Values`, element })), ...(rates ? [ratesBinding] : [])],
    writes: writes.map((write) => ({ name: `${write}Values`, element })),
    numbers: [{ name: "size", type: "u32" }, ...numbers],
    workgroup: [workgroup, 1, 1],
    text: () => ({
      declarations: `${typesOf(4)}\n${declarations}`,
      main: eachPlace(
        [
          ...reads.map((read) => `    let ${read} = ${read}Values[i];`),
          ...writes.map((write) => `    var ${write}: V;`),
          `    ${bodyOf(pointwise)}`,
          ...writes.map((write) => `    ${write}Values[i] = ${write};`),
        ].join("\n"),
      ),
    }),
  };
}

/** All in the order of their names, and behind what is read, which has the size of what is written, the tensor of rates. */
export function runPointwise(
  backend: { run(dispatch: Dispatch): void },
  pointwise: Pointwise,
  reads: readonly tf.TensorInfo[],
  writes: readonly tf.TensorInfo[],
  numbers: Readonly<Record<string, number>> = {},
): void {
  const size = tf.util.sizeFromShape((writes[0] as tf.TensorInfo).shape);
  // Buffers are whole vectors: what the last one has beyond the values is nobody's.
  const threads = Math.ceil(size / 4);
  backend.run({
    shader: shaderOf(pointwise),
    reads,
    writes,
    numbers: { size: threads, ...numbers },
    groups: groupsOf(threads),
  });
}
