/** The operations of WGSL's subgroup matrices, written out as loops, for adapters that have none. */
import type { MatrixUnits } from "../../plugins/engines/webgpu/kernels/products/power.js";
import type { Shader } from "../../plugins/engines/webgpu/shader.js";

/**
 * The same shader in plain WGSL: each thread of a subgroup holds whole matrices and computes all of them, and the first writes.
 * What is f16 becomes f32.
 */
export function withoutMatrixUnits(shader: Shader, units: MatrixUnits): Shader {
  const { rows, columns, depth } = units;
  return {
    ...shader,
    key: `written out ${shader.key}`,
    enables: [],
    text: () => {
      const { declarations = "", main } = shader.text();
      return {
        declarations: `${plain(declarations)}
fn multiplied(a: array<f32, ${rows * depth}>, b: array<f32, ${depth * columns}>, c: array<f32, ${rows * columns}>) -> array<f32, ${rows * columns}> {
  var left = a; var right = b; var sum = c;
  for (var i = 0u; i < ${rows}u; i++) { for (var j = 0u; j < ${columns}u; j++) { for (var k = 0u; k < ${depth}u; k++) {
    sum[i * ${columns}u + j] += left[i * ${depth}u + k] * right[k * ${columns}u + j];
  } } }
  return sum;
}
${loader("tileA", rows, depth)}
${loader("tileB", depth, columns)}
${shader.writes[0]?.element === "f32" ? storer("c", rows, columns) : ""}
${declarations.includes("scratch") ? storer("scratch", rows, columns) : ""}`,
        main: plain(main)
          .replace("@diagnostic(off, chromium.subgroup_matrix_uniformity)", "")
          .replaceAll(/subgroup_matrix_result<f32, \d+, \d+>/g, `array<f32, ${rows * columns}>`)
          .replaceAll(/subgroupMatrixLoad<subgroup_matrix_\w+<f32, \d+, \d+>>\(&(\w+), /g, "load_$1(")
          .replaceAll("subgroupMatrixMultiplyAccumulate", "multiplied")
          .replaceAll(/subgroupMatrixStore\(&(\w+), /g, `store_$1(lane % ${units.threads}u == 0u, `),
      };
    },
  };
}

function plain(text: string): string {
  return text.replaceAll(/\bf16\b/g, "f32").replaceAll("vec4h(", "vec4f(");
}

function loader(name: string, rows: number, columns: number): string {
  return `fn load_${name}(start: u32, turned: bool, stride: u32) -> array<f32, ${rows * columns}> {
  var m: array<f32, ${rows * columns}>;
  for (var i = 0u; i < ${rows}u; i++) { for (var j = 0u; j < ${columns}u; j++) {
    m[i * ${columns}u + j] = ${name}[start + select(i * stride + j, j * stride + i, turned)];
  } }
  return m;
}`;
}

function storer(name: string, rows: number, columns: number): string {
  return `fn store_${name}(first: bool, start: u32, value: array<f32, ${rows * columns}>, turned: bool, stride: u32) {
  if (!first) { return; }
  var m = value;
  for (var i = 0u; i < ${rows}u; i++) { for (var j = 0u; j < ${columns}u; j++) {
    ${name}[start + select(i * stride + j, j * stride + i, turned)] = m[i * ${columns}u + j];
  } }
}`;
}
