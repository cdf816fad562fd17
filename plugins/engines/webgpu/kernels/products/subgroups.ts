/**
 * A product by the matrix units of subgroups: f16 tiles of A and B in workgroup memory, sums in f32.
 *
 * Checked without a GPU: that Dawn accepts the text, and what it computes where the four operations on matrices are written
 * out as loops. Not checked there: those operations themselves, and speed.
 */
import type { Shader } from "../../shader.js";
import { carry } from "./carry.js";
import { bound, edges, frameText, keepText, rowStart } from "./frame.js";
import type { MatrixUnits } from "./power.js";
import type { Product } from "./product.js";
import type { Side } from "./side.js";
import { type Choice, type Tile, tileKey } from "./tile.js";

/** Halves between the lines of a tile, so that neighbouring lines lie in different banks. */
const gap = 8;

/** Threads of a workgroup: a subgroup for each part `each` of the tile. */
export function subgroupThreads({ rows, columns, each }: Tile, { threads }: MatrixUnits): number {
  return (rows / each[0]) * (columns / each[1]) * threads;
}

/** Bytes of workgroup memory, at most: for both tiles, and for a matrix of each subgroup on its way out. */
export function subgroupMemory(tile: Tile, units: MatrixUnits): number {
  const { rows, columns, depth } = tile;
  const lines = (outer: number) => 2 * Math.max(outer * (depth + gap), depth * (outer + gap));
  const subgroups = subgroupThreads(tile, units) / units.threads;
  return lines(rows) + lines(columns) + 4 * subgroups * units.rows * units.columns;
}

export function subgroupShader(product: Product, choice: Choice, units: MatrixUnits): Shader {
  const { key, reads, writes, finish } = bound(product, choice);
  const { tile } = choice;
  const straight = isStraight(product, choice);
  return {
    key: `subgroups ${Object.values(units)} ${tileKey(tile)} ${key}`,
    reads,
    writes: straight ? [{ name: "c", element: "f32" }] : writes,
    enables: ["f16", "subgroups", "chromium_experimental_subgroup_matrix"],
    workgroup: [subgroupThreads(tile, units), 1, 1],
    text: () => ({
      declarations: `${tileText("tileA", product.a, tile.rows, tile.depth)}
${tileText("tileB", product.b, tile.columns, tile.depth)}
${straight ? "" : `${keepText(product, finish)}\n${scratchText(tile, units)}`}`,
      // Which threads form a subgroup is not known to the analysis of uniformity.
      main: `@diagnostic(off, chromium.subgroup_matrix_uniformity) {\n${mainText(product, choice, units)}\n}`,
    }),
  };
}

/** Whether results go from the units straight to where they belong: they are whole tiles, and nothing is done to them. */
function isStraight({ rows, columns, uneven, finish = {} }: Product, { tile, parts }: Choice): boolean {
  const plain = parts > 1 || (!finish.bias && (finish.activation ?? "linear") === "linear");
  return plain && !uneven && rows % tile.rows === 0 && columns % tile.columns === 0;
}

/** A tile's lines run as the side does in memory: the units read either order. */
function tileText(name: string, { along }: Side, outer: number, depth: number): string {
  return `var<workgroup> ${name}: array<f16, ${along === "depth" ? outer * (depth + gap) : depth * (outer + gap)}>;`;
}

function scratchText(tile: Tile, units: MatrixUnits): string {
  const subgroups = subgroupThreads(tile, units) / units.threads;
  return `var<workgroup> scratch: array<f32, ${subgroups * units.rows * units.columns}>;`;
}

function mainText(product: Product, choice: Choice, units: MatrixUnits): string {
  const { tile } = choice;
  const edge = edges(product, tile);
  const shared = { depth: tile.depth, threads: subgroupThreads(tile, units), ragged: edge.ragged };
  const a = carry(product.a, { ...shared, name: "a", outer: tile.rows, first: "row0", end: edge.rows });
  const b = carry(product.b, { ...shared, name: "b", outer: tile.columns, first: "column0", end: edge.columns });
  const across = tile.columns / tile.each[1];
  return `${frameText(product, choice)}
let subgroup = lane / ${units.threads}u;
let rowIn = subgroup / ${across}u * ${tile.each[0]}u;
let columnIn = subgroup % ${across}u * ${tile.each[1]}u;
${a.before}
${b.before}
${matrices(tile, units)
  .map(({ name }) => `var ${name}: subgroup_matrix_result<f32, ${units.columns}, ${units.rows}>;`)
  .join("\n")}
if (begin < end) {
${a.fetch("begin")}
${b.fetch("begin")}
}
for (var at = begin; at < end; at += ${tile.depth}u) {
${a.keep(put("tileA", product.a, tile.rows, tile.depth))}
${b.keep(put("tileB", product.b, tile.columns, tile.depth))}
workgroupBarrier();
let next = at + ${tile.depth}u;
if (next < end) {
${a.fetch("next")}
${b.fetch("next")}
}
${Array.from({ length: tile.depth / units.depth }, (_, k) => multiplyText(product, tile, units, k * units.depth)).join("\n")}
workgroupBarrier();
}
${resultText(product, choice, units)}`;
}

/** The matrices of a subgroup's part: their names, and where they lie in it. */
function matrices({ each }: Tile, units: MatrixUnits) {
  return Array.from({ length: each[0] / units.rows }, (_, i) =>
    Array.from({ length: each[1] / units.columns }, (_, j) => ({
      name: `s${i}_${j}`,
      row: i * units.rows,
      column: j * units.columns,
    })),
  ).flat();
}

function put(name: string, { along }: Side, outer: number, depth: number) {
  return (at: { outer: string; depth: string; value: string }) => {
    const start =
      along === "depth" ? `${at.outer} * ${depth + gap}u + ${at.depth}` : `${at.depth} * ${outer + gap}u + ${at.outer}`;
    return `{
let start = ${start};
let halves = vec4h(${at.value});
${[0, 1, 2, 3].map((e) => `${name}[start + ${e}u] = halves[${e}];`).join("\n")}
}`;
  };
}

/** Loads what the units need of the depths from `k` on, and multiplies every pair. */
function multiplyText({ a, b }: Product, tile: Tile, units: MatrixUnits, k: number): string {
  const load = (name: string, type: string, { along }: Side, outer: number, at: string, turned: boolean) => {
    const line = (along === "depth" ? tile.depth : outer) + gap;
    const start = along === "depth" ? `(${at}) * ${line}u + ${k}u` : `${k * line}u + ${at}`;
    return `subgroupMatrixLoad<${type}>(&${name}, ${start}, ${turned}, ${line}u)`;
  };
  const left = `subgroup_matrix_left<f16, ${units.depth}, ${units.rows}>`;
  const right = `subgroup_matrix_right<f16, ${units.columns}, ${units.depth}>`;
  const lefts = Array.from({ length: tile.each[0] / units.rows }, (_, i) => {
    const at = `rowIn + ${i * units.rows}u`;
    return `let l${i} = ${load("tileA", left, a, tile.rows, at, a.along === "outer")};`;
  });
  const rights = Array.from({ length: tile.each[1] / units.columns }, (_, j) => {
    const at = `columnIn + ${j * units.columns}u`;
    return `let r${j} = ${load("tileB", right, b, tile.columns, at, b.along === "depth")};`;
  });
  const products = matrices(tile, units).map(({ name }) => {
    const [i, j] = name.slice(1).split("_");
    return `${name} = subgroupMatrixMultiplyAccumulate(l${i}, r${j}, ${name});`;
  });
  return `{\n${[...lefts, ...rights, ...products].join("\n")}\n}`;
}

function resultText(product: Product, choice: Choice, units: MatrixUnits): string {
  const { tile } = choice;
  const all = matrices(tile, units);
  if (isStraight(product, choice)) {
    return all
      .map(({ name, row, column }) => {
        const start = rowStart(product, choice, `(row0 + rowIn + ${row}u)`);
        return `subgroupMatrixStore(&c, ${start} + column0 + columnIn + ${column}u, ${name}, false, ${product.columns}u);`;
      })
      .join("\n");
  }
  const size = units.rows * units.columns;
  return `let scratch0 = subgroup * ${size}u;
let thread0 = lane % ${units.threads}u;
${all
  .map(
    ({ name, row, column }) => `subgroupMatrixStore(&scratch, scratch0, ${name}, false, ${units.columns}u);
workgroupBarrier();
for (var four = thread0; four < ${size / 4}u; four += ${units.threads}u) {
let row = row0 + rowIn + ${row}u + four / ${units.columns / 4}u;
let source = scratch0 + four * 4u;
if (row < rows) {
let value = vec4f(scratch[source], scratch[source + 1u], scratch[source + 2u], scratch[source + 3u]);
keep(${rowStart(product, choice, "row")}, column0 + columnIn + ${column}u + four % ${units.columns / 4}u * 4u, value);
}
}
workgroupBarrier();`,
  )
  .join("\n")}`;
}
