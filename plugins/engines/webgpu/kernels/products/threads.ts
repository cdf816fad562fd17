/** A product whose sums lie in the threads' registers: the inner loop adds up outer products of a column of A and a row of B. */
import type { Shader } from "../../shader.js";
import { carry } from "./carry.js";
import { bound, edges, frameText, keepText, rowStart } from "./frame.js";
import type { Product } from "./product.js";
import { type Choice, threadsOf, tileKey } from "./tile.js";

/** In which precision the tiles of A and B lie in workgroup memory. Sums are float32 always. */
export type Held = "f32" | "f16";

/** Four indices in a row of the loops below. */
const four = [0, 1, 2, 3] as const;

/** How the inner loop is written. */
export interface Writing {
  /** Default "f32". */
  readonly held?: Held;
  /** Depths written out one after the other; a divisor of the tile's depth. Default: all of it. */
  readonly unrolled?: number;
}

export function threadsShader(product: Product, choice: Choice, writing: Writing = {}): Shader {
  const { held = "f32", unrolled = choice.tile.depth } = writing;
  const { key, reads, writes, finish } = bound(product, choice);
  const { tile } = choice;
  return {
    key: `threads ${held} ${unrolled} ${tileKey(tile)} ${key}`,
    reads,
    writes,
    enables: held === "f16" ? ["f16"] : [],
    workgroup: [threadsOf(tile), 1, 1],
    text: () => ({
      declarations: `${keepText(product, finish)}
${tiles(tile, held === "f16" ? "vec4h" : "vec4f")}`,
      main: mainText(product, choice, held, unrolled),
    }),
  };
}

/** Each depth has its fours of rows, or of columns, side by side. */
function tiles({ rows, columns, depth }: Choice["tile"], element: string): string {
  return `var<workgroup> tileA: array<${element}, ${(rows * depth) / 4}>;
var<workgroup> tileB: array<${element}, ${(columns * depth) / 4}>;`;
}

function mainText(product: Product, choice: Choice, held: Held, unrolled: number): string {
  const { tile } = choice;
  const edge = edges(product, tile);
  const shared = { depth: tile.depth, threads: threadsOf(tile), ragged: edge.ragged };
  const a = carry(product.a, { ...shared, name: "a", outer: tile.rows, first: "row0", end: edge.rows });
  const b = carry(product.b, { ...shared, name: "b", outer: tile.columns, first: "column0", end: edge.columns });
  return `${frameText(product, choice)}
let mine = lane % ${tile.columns / tile.each[1]}u;
let own = lane / ${tile.columns / tile.each[1]}u;
${a.before}
${b.before}
${sums(tile)
  .map((name) => `var ${name} = vec4f(0.0);`)
  .join("\n")}
if (begin < end) {
${a.fetch("begin")}
${b.fetch("begin")}
}
for (var at = begin; at < end; at += ${tile.depth}u) {
${a.keep(put("tileA", product.a.along, tile.rows, held))}
${b.keep(put("tileB", product.b.along, tile.columns, held))}
workgroupBarrier();
let next = at + ${tile.depth}u;
if (next < end) {
${a.fetch("next")}
${b.fetch("next")}
}
${unrolled === tile.depth ? "{ const k = 0u;" : `for (var k = 0u; k < ${tile.depth}u; k += ${unrolled}u) {`}
${Array.from({ length: unrolled }, (_, e) => outerProduct(tile, e, held)).join("\n")}
}
workgroupBarrier();
}
${results(product, choice)}`;
}

/** Fours that were read along the depth are turned. */
function put(name: string, along: "outer" | "depth", outer: number, held: Held) {
  const as = (value: string, type: string) => (held === "f16" ? `${type}(${value})` : value);
  return (at: { outer: string; depth: string; value: string }) => {
    if (along === "outer") return `${name}[${at.depth} * ${outer / 4}u + ${at.outer} / 4u] = ${as(at.value, "vec4h")};`;
    return four
      .map(
        (e) =>
          `${name}[(${at.depth} + ${e}u) * ${outer / 4}u + ${at.outer} / 4u][${at.outer} % 4u] = ${as(`${at.value}[${e}]`, "f16")};`,
      )
      .join("\n");
  };
}

/** For the depth `k + e`: what a thread multiplies, read from workgroup memory as fours, and every pair of them. */
function outerProduct({ rows, columns, each }: Choice["tile"], e: number, held: Held): string {
  const [down, across] = [rows / each[0], columns / each[1]];
  const wide = (read: string) => (held === "f16" ? `vec4f(${read})` : read);
  const lines: string[] = [];
  for (let i = 0; i < each[0] / 4; i++)
    lines.push(`let p${i} = ${wide(`tileA[k * ${rows / 4}u + ${(e * rows) / 4 + i * down}u + own]`)};`);
  for (let j = 0; j < each[1] / 4; j++)
    lines.push(`let q${j} = ${wide(`tileB[k * ${columns / 4}u + ${(e * columns) / 4 + j * across}u + mine]`)};`);
  for (let row = 0; row < each[0]; row++) {
    for (let j = 0; j < each[1] / 4; j++) {
      const sum = `s${row}_${j}`;
      lines.push(`${sum} = fma(vec4f(p${row >> 2}[${row % 4}]), q${j}, ${sum});`);
    }
  }
  return `{\n${lines.join("\n")}\n}`;
}

function sums({ each }: Choice["tile"]): string[] {
  return Array.from({ length: each[0] }, (_, row) =>
    Array.from({ length: each[1] / 4 }, (_, j) => `s${row}_${j}`),
  ).flat();
}

function results(product: Product, choice: Choice): string {
  const { rows, columns, each } = choice.tile;
  const [down, across] = [rows / each[0], columns / each[1]];
  return Array.from({ length: each[0] }, (_, row) => {
    const kept = Array.from(
      { length: each[1] / 4 },
      (_, j) => `keep(start, column0 + (${j * across}u + mine) * 4u, s${row}_${j});`,
    );
    return `{
let row = row0 + (${(row >> 2) * down}u + own) * 4u + ${row % 4}u;
if (row < rows) {
let start = ${rowStart(product, choice, "row")};
${kept.join("\n")}
}
}`;
  }).join("\n");
}
