/** Adds up the parts of a product whose depth was cut, in an order of its own for each number of parts, and finishes the sums. */
import { mostGroups, type Shader } from "../../shader.js";
import { finishKey } from "./finish.js";
import { keepText } from "./frame.js";
import { type Product, prelude, startOf } from "./product.js";

const workgroup = 256;

/** A product, as far as its results go; `[batch, parts, rows, columns]` are to be added up. */
export type Summed = Pick<Product, "rows" | "columns" | "depth" | "batch" | "finish" | "uneven">;

/**
 * Threads that share the parts of the same four columns: each adds up every so many, and their sums are added up in turn. One
 * thread alone would wait for one read after the other.
 */
function lanesOf(parts: number): number {
  return parts >= 64 ? 16 : parts >= 8 ? 4 : 1;
}

export function partsShader(summed: Summed, parts: number): Shader {
  const { rows, columns, batch, depth, finish = {}, uneven } = summed;
  const element = columns % 4 === 0 ? "vec4f" : "f32";
  return {
    key: `parts ${rows}x${columns}x${batch}/${parts} ${finishKey(finish)} ${uneven ? `${uneven.key} ${depth}` : ""}`,
    reads: [{ name: "a", element }, ...(finish.bias ? [{ name: "bias", element } as const] : [])],
    writes: [{ name: "c", element }],
    workgroup: [workgroup, 1, 1],
    text: () => ({
      declarations: `${keepText(summed, finish)}
${partText(columns)}
var<workgroup> sums: array<vec4f, ${workgroup}>;`,
      main: mainText(summed, parts),
    }),
  };
}

export function partsGrid({ rows, columns, batch }: Summed, parts: number): readonly [number, number, number] {
  const groups = Math.ceil((batch * rows * Math.ceil(columns / 4) * lanesOf(parts)) / workgroup);
  const across = Math.min(groups, mostGroups);
  return [across, Math.ceil(groups / across), 1];
}

/** Declares `part(start, column)`: four columns of a part, as far as there are any. */
function partText(columns: number): string {
  const body =
    columns % 4 === 0
      ? "return a[(start + column) / 4u];"
      : `var v = vec4f(0.0);
  for (var e = 0u; e < 4u; e++) { if (column + e < ${columns}u) { v[e] = a[start + column + e]; } }
  return v;`;
  return `fn part(start: u32, column: u32) -> vec4f {\n  ${body}\n}`;
}

/** Threads of the same lane stand side by side: they read neighbours. */
function mainText(summed: Summed, parts: number): string {
  const { rows, columns, batch } = summed;
  const fours = Math.ceil(columns / 4);
  const lanes = lanesOf(parts);
  const items = workgroup / lanes;
  return `let mine = lane % ${items}u;
let item = (group.x + group.y * groups.x) * ${items}u + mine;
let batch = min(item / ${rows * fours}u, ${batch - 1}u);
${prelude(summed)}
let row = item / ${fours}u % ${rows}u;
let column = item % ${fours}u * 4u;
let there = item < ${batch * rows * fours}u && row < rows;
var sum = vec4f(0.0);
if (there) {
  for (var k = lane / ${items}u; k < ${parts}u; k += ${lanes}u) {
    sum += part(((batch * ${parts}u + k) * ${rows}u + row) * ${columns}u, column);
  }
}
${
  lanes === 1
    ? ""
    : `sums[lane] = sum;
workgroupBarrier();
if (lane >= ${items}u) { return; }
for (var k = 1u; k < ${lanes}u; k++) { sum += sums[mine + k * ${items}u]; }`
}
if (there) { keep(${startOf(summed, "row")}, column, sum); }`;
}
