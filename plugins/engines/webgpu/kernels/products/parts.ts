/** Adds up the parts of a product whose depth was cut, in order, and finishes the sums. */
import type { Shader } from "../../shader.js";
import { finishKey } from "./finish.js";
import { keepText, mostGroups } from "./frame.js";
import { type Product, prelude, startOf } from "./product.js";

const workgroup = 64;

export function partsShader(product: Product, parts: number): Shader {
  const { rows, columns, batch, finish = {}, uneven } = product;
  const vector = columns % 4 === 0;
  const fours = Math.ceil(columns / 4);
  return {
    key: `parts ${rows}x${columns}x${batch}/${parts} ${finishKey(finish)} ${uneven ? `${uneven.key} ${product.depth}` : ""}`,
    reads: [
      { name: "a", element: vector ? "vec4f" : "f32" },
      ...(finish.bias ? [{ name: "bias", element: vector ? "vec4f" : "f32" } as const] : []),
    ],
    writes: [{ name: "c", element: vector ? "vec4f" : "f32" }],
    workgroup: [workgroup, 1, 1],
    text: () => ({
      declarations: `${keepText(product, finish)}
fn part(at: u32, column: u32) -> vec4f {
${
  vector
    ? "  return a[(at + column) / 4u];"
    : `  var v = vec4f(0.0);
  for (var e = 0u; e < 4u; e++) { if (column + e < ${columns}u) { v[e] = a[at + column + e]; } }
  return v;`
}
}`,
      main: `let item = at.x + at.y * groups.x * ${workgroup}u;
let batch = item / ${rows * fours}u;
if (batch >= ${batch}u) { return; }
${prelude(product)}
let row = item / ${fours}u % ${rows}u;
let column = item % ${fours}u * 4u;
if (row >= rows) { return; }
var sum = vec4f(0.0);
for (var k = 0u; k < ${parts}u; k++) {
  sum += part(((batch * ${parts}u + k) * ${rows}u + row) * ${columns}u, column);
}
keep(${startOf(product, "row")}, column, sum);`,
    }),
  };
}

export function partsGrid({ rows, columns, batch }: Product): readonly [number, number, number] {
  const groups = Math.ceil((batch * rows * Math.ceil(columns / 4)) / workgroup);
  const across = Math.min(groups, mostGroups);
  return [across, Math.ceil(groups / across), 1];
}
