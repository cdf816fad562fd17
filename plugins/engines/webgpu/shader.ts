/** What a kernel of this engine asks a GPU to do: a shader, and one run of it over buffers. */
import type * as tf from "@tensorflow/tfjs";

/** Of a buffer, as the shader sees it. A boolean tensor is kept as `i32`. */
type Element = "f32" | "vec2f" | "vec4f" | "f16" | "vec4h" | "i32" | "vec4i" | "u32" | "vec4u" | "atomic<u32>";

/**
 * A buffer of the shader: `name[i]` is an element. It ends at the next multiple of 16 bytes after its tensor: elements of four may
 * be read and written up to there, and `arrayLength` says no more than that.
 */
interface Binding {
  readonly name: string;
  readonly element: Element;
}

/** A number that the shader is given with each run: `numbers.name`. */
export interface NumberField {
  readonly name: string;
  readonly type: "u32" | "i32" | "f32";
}

/** WebGPU's own bound on workgroups along one direction of a grid. */
export const mostGroups = 65_535;

/** A compute shader. What it does not name in its key must not change its text. */
export interface Shader {
  /** Of everything that the text depends on. Shaders of equal keys are the same, and compiled once. */
  readonly key: string;
  readonly reads: readonly Binding[];
  readonly writes: readonly Binding[];
  /** Default: none. */
  readonly numbers?: readonly NumberField[];
  /** Extensions of WGSL, as "f16" or "subgroups". Default: none. */
  readonly enables?: readonly string[];
  /** Threads of a workgroup. */
  readonly workgroup: readonly [x: number, y: number, z: number];
  /**
   * Declarations, and the body of `main`: in it stand `group` (workgroup_id), `thread` (local_invocation_id), `lane`
   * (local_invocation_index), `at` (global_invocation_id) and `groups` (num_workgroups).
   */
  text(): { readonly declarations?: string; readonly main: string };
}

/** One run of a shader. */
export interface Dispatch {
  readonly shader: Shader;
  /** In the shader's order. */
  readonly reads: readonly tf.TensorInfo[];
  /**
   * In the shader's order. One of them may stand among `reads` of another dispatch at any time, but not of the same one; what
   * is updated in place stands here alone.
   */
  readonly writes: readonly tf.TensorInfo[];
  /** Of the shader's names. */
  readonly numbers?: Readonly<Record<string, number>>;
  /** Workgroups. */
  readonly groups: readonly [x: number, y: number, z: number];
}

/** The whole text of a shader. Reads are bound first, then writes, then numbers. */
export function wgsl({ reads, writes, numbers = [], enables = [], workgroup, text }: Shader): string {
  const { declarations = "", main } = text();
  const bound = [
    ...reads.map(({ name, element }) => `var<storage, read> ${name}: array<${element}>;`),
    ...writes.map(({ name, element }) => `var<storage, read_write> ${name}: array<${element}>;`),
    ...(numbers.length > 0 ? ["var<uniform> numbers: Numbers;"] : []),
  ];
  const fields = numbers.map(({ name, type }) => `${name}: ${type}`).join(", ");
  return `${enables.map((name) => `enable ${name};\n`).join("")}${numbers.length > 0 ? `struct Numbers { ${fields} }\n` : ""}${bound
    .map((declaration, at) => `@group(0) @binding(${at}) ${declaration}`)
    .join("\n")}
${declarations}
@compute @workgroup_size(${workgroup.join(", ")})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) thread: vec3u,
  @builtin(local_invocation_index) lane: u32, @builtin(global_invocation_id) at: vec3u,
  @builtin(num_workgroups) groups: vec3u) {
${main}
}
`;
}

/** Numbers as the shader's uniform buffer has them. */
export function wordsOf(
  fields: readonly NumberField[],
  values: Readonly<Record<string, number>>,
): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(sizeOfNumbers(fields) / 4);
  for (const [at, { name, type }] of fields.entries()) {
    const value = values[name];
    if (value === undefined) throw new Error(`a shader lacks its number ${name}`);
    words[at] = type === "f32" ? bitsOf(value) : value;
  }
  return words;
}

/** Bytes that numbers take: a uniform buffer's size is a multiple of 16. */
export function sizeOfNumbers(fields: readonly NumberField[]): number {
  return Math.ceil(fields.length / 4) * 16;
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Of a number as float32. */
export function bitsOf(value: number): number {
  float[0] = value;
  return bits[0] as number;
}
