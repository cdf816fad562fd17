/** What the shaders of all products have in common: which tile of which matrix a workgroup is for, and where results go. */
import { mostGroups, type Shader } from "../../shader.js";
import { type Finish, finishKey, finishText } from "./finish.js";
import { type Product, prelude, productKey, startOf } from "./product.js";
import { type Choice, partDepth, type Tile } from "./tile.js";

/** Workgroups of a product. Tiles of the same rows are neighbours: they read the same part of A. */
export function gridOf(product: Product, { tile, parts }: Choice): readonly [number, number, number] {
  const tiles = tilesDown(product, tile) * tilesAcross(product, tile);
  const across = Math.min(tiles, mostGroups);
  return [across, Math.ceil(tiles / across), product.batch * parts];
}

/** Declares `batch`, `part`, `rows`, `depth`, the corner `row0`, `column0`, and the depths `begin` to `end` of the part. */
export function frameText(product: Product, choice: Choice): string {
  const { tile, parts } = choice;
  const across = tilesAcross(product, tile);
  const per = partDepth(product.depth, choice);
  return `let tile = group.x + group.y * groups.x;
let batch = group.z / ${parts}u;
let part = group.z % ${parts}u;
${prelude(product)}
let row0 = tile / ${across}u * ${tile.rows}u;
let column0 = tile % ${across}u * ${tile.columns}u;
if (row0 >= rows) { return; }
let begin = part * ${per}u;
let end = min(begin + ${per}u, depth);`;
}

/** Where the rows of a tile reach beyond those of the product, and likewise the columns and the depth. */
export function edges(product: Product, { rows, columns, depth }: Tile) {
  const uneven = product.uneven !== undefined;
  return {
    rows: uneven || product.rows % rows !== 0 ? "rows" : null,
    columns: product.columns % columns === 0 ? null : `${product.columns}u`,
    ragged: (product.uneven?.depthUnit ?? product.depth) % depth !== 0,
  };
}

/** Buffers, and the key, of a product's shader. A part of a product is kept as it is, to be finished when all are added up. */
export function bound(
  product: Product,
  choice: Choice,
): Pick<Shader, "reads" | "writes"> & { readonly key: string; readonly finish: Finish } {
  const finish = choice.parts > 1 ? {} : (product.finish ?? {});
  const vector = product.columns % 4 === 0;
  return {
    key: `${productKey(product)} ${finishKey(finish)} ${choice.parts}`,
    finish,
    reads: [
      { name: "a", element: product.a.vector ? "vec4f" : "f32" },
      { name: "b", element: product.b.vector ? "vec4f" : "f32" },
      ...(finish.bias ? [{ name: "bias", element: vector ? "vec4f" : "f32" } as const] : []),
    ],
    writes: [{ name: "c", element: vector ? "vec4f" : "f32" }],
  };
}

/** Declares `keep(start, column, value)`: four columns of a row that starts at `start`, finished. */
export function keepText({ columns }: Pick<Product, "columns">, finish: Finish): string {
  const one = (e: number) =>
    `  if (column + ${e}u < ${columns}u) { c[start + column + ${e}u] = finish(value[${e}], column + ${e}u); }`;
  const body =
    columns % 4 === 0
      ? `  if (column < ${columns}u) { c[(start + column) / 4u] = finish(value, column); }`
      : [0, 1, 2, 3].map(one).join("\n");
  return `${finishText(finish, columns % 4 === 0)}
fn keep(start: u32, column: u32, value: vec4f) {
${body}
}`;
}

/** Where a row starts among what the workgroup writes. */
export function rowStart(product: Product, { parts }: Choice, row: string): string {
  if (parts === 1) return startOf(product, row);
  return `(group.z * ${product.rows}u + ${row}) * ${product.columns}u`;
}

function tilesDown({ rows }: Product, tile: Tile): number {
  return Math.ceil(rows / tile.rows);
}

function tilesAcross({ columns }: Product, tile: Tile): number {
  return Math.ceil(columns / tile.columns);
}
