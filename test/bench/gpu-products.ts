/**
 * What the engine webgpu makes of the products of a training step: which tile, how many workgroups, how much arithmetic for
 * each value that is read, and bytes moved. Counted in the shaders' texts and in their grids; needs no GPU, and says nothing
 * of time.
 *
 * Run with `npx tsx test/bench/gpu-products.ts [f32|f16]`.
 */
import {
  filterGradientProduct,
  forwardProduct,
  inputGradientProduct,
} from "../../plugins/engines/webgpu/kernels/convolution-products.js";
import {
  filterGradientGrid,
  filterGradientShader,
  inputGradientGrid,
  inputGradientShader,
} from "../../plugins/engines/webgpu/kernels/depthwise-gradients.js";
import {
  slidingGrid,
  slidingOf,
  slidingShader,
  turnedOf,
} from "../../plugins/engines/webgpu/kernels/depthwise-shaders.js";
import { candidatesFor, rank, wayOf } from "../../plugins/engines/webgpu/kernels/products/choose.js";
import { planFor } from "../../plugins/engines/webgpu/kernels/products/plan.js";
import type { Power } from "../../plugins/engines/webgpu/kernels/products/power.js";
import type { Product, Uneven } from "../../plugins/engines/webgpu/kernels/products/product.js";
import { matrixSide } from "../../plugins/engines/webgpu/kernels/products/side.js";
import { tileKey } from "../../plugins/engines/webgpu/kernels/products/tile.js";
import type { Shader } from "../../plugins/engines/webgpu/shader.js";
import { type Layer, networks } from "./gpu-shapes.js";

/** What WebGPU says of an H100. */
const power: Power = {
  halves: true,
  matrices: { rows: 16, columns: 16, depth: 16, threads: 32 },
  memory: 49_152,
  threads: 1024,
};
const precision = process.argv[2] === "f16" ? "f16" : "f32";

interface Row {
  readonly name: string;
  readonly count: number;
  readonly tile: string;
  readonly groups: number;
  readonly dispatches: number;
  /** Multiplications, of one layer. */
  readonly work: number;
  /** … for each value that a thread or a subgroup reads from workgroup memory. */
  readonly perShared: number;
  /** … for each value that is read from global memory. */
  readonly perGlobal: number;
  /** Read and written in global memory, before any cache. */
  readonly bytes: number;
}

function linearProducts({ rows, from, to }: Layer & { kind: "linear" }): Record<string, Product> {
  const lying = (outer: number, depth: number) => matrixSide("0u", { outer, depth });
  return {
    forward: { rows, columns: to, depth: from, batch: 1, a: lying(from, 1), b: lying(1, to) },
    input: { rows, columns: from, depth: to, batch: 1, a: lying(to, 1), b: lying(to, 1) },
    weight: { rows: from, columns: to, depth: rows, batch: 1, a: lying(1, from), b: lying(1, to) },
  };
}

function productRow(name: string, count: number, product: Product): Row {
  const way = wayOf(precision, power);
  // Every way has a tile that fits.
  const choice = rank(product, candidatesFor(way, power))[0] as ReturnType<typeof rank>[number];
  const { tile, parts } = choice;
  const plan = planFor(product, choice, { way, units: power.matrices, short: false });
  const { rows, columns, depth, batch, uneven } = product;
  const groups = plan.groups[0] * plan.groups[1] * plan.groups[2];
  // The phases of a strided gradient share the depths of all taps.
  const work = (rows * columns * depth * batch) / (uneven ? phaseShare(product, uneven) : 1);
  const perGlobal = (tile.rows * tile.columns) / (tile.rows + tile.columns);
  const partial = plan.cut ? 2 * plan.cut.size : 0;
  return {
    name,
    count,
    tile: `${tileKey(tile)}${parts > 1 ? ` in ${parts}` : ""}`,
    groups,
    dispatches: plan.cut ? 2 : 1,
    work,
    perShared: perShared(plan.shader, tile.each),
    perGlobal,
    bytes: 4 * (work / perGlobal + partial + rows * columns * batch),
  };
}

/** How many times the mean depth of all phases the greatest is. */
function phaseShare({ depth, batch }: Product, { units, depthUnit }: Uneven): number {
  return (depth * batch) / (units * depthUnit);
}

/** Counted in the text of the inner loop; of matrix units, whose text names matrices, by their sizes. */
function perShared(shader: Shader, each: readonly [number, number]): number {
  const { main } = shader.text();
  const multiplied = 4 * (main.match(/= fma\(/g)?.length ?? 0);
  if (multiplied === 0) return (each[0] * each[1]) / (each[0] + each[1]);
  return multiplied / (4 * (main.match(/let [pq]\d+ = .*tile[AB]\[/g)?.length ?? 0));
}

function depthwiseRow(name: string, count: number, shader: Shader, groups: readonly number[], work: number): Row {
  const { main } = shader.text();
  const multiplied = main.match(/= fma\(/g)?.length ?? 0;
  const reads = main.match(/= (x|w|dy)\[/g)?.length ?? 0;
  const perGlobal = multiplied / reads;
  const all = groups.reduce((product, side) => product * side, 1);
  return {
    name,
    count,
    tile: "depthwise",
    groups: all,
    dispatches: 1,
    work,
    perShared: 0,
    perGlobal,
    bytes: 4 * (work / perGlobal),
  };
}

function rowsOf(layer: Layer): Row[] {
  const { kind, count } = layer;
  if (kind === "linear") {
    const name = `${layer.rows}×${layer.from}→${layer.to}`;
    return Object.entries(linearProducts(layer)).map(([which, one]) => productRow(`${name} ${which}`, count, one));
  }
  const { info } = layer;
  const { inShape, outShape, filterShape, strideHeight } = info;
  const name = `${inShape.join("×")} ${filterShape[0]}×${filterShape[1]}→${outShape[3]}${strideHeight > 1 ? `/${strideHeight}` : ""}`;
  if (kind === "convolution") {
    return [
      productRow(`${name} forward`, count, forwardProduct(info)),
      ...(layer.isFirst ? [] : [productRow(`${name} input`, count, inputGradientProduct(info))]),
      productRow(`${name} filter`, count, filterGradientProduct(info)),
    ];
  }
  const work = outShape.reduce((product, side) => product * side, filterShape[0] * filterShape[1]);
  const turned = turnedOf(info);
  return [
    depthwiseRow(`${name} forward`, count, slidingShader(slidingOf(info), {}), slidingGrid(slidingOf(info)), work),
    turned
      ? depthwiseRow(`${name} input`, count, slidingShader(turned, {}), slidingGrid(turned), work)
      : depthwiseRow(`${name} input`, count, inputGradientShader(info), inputGradientGrid(info), work),
    {
      ...depthwiseRow(`${name} filter`, count, filterGradientShader(info), filterGradientGrid(info), work),
      dispatches: 2,
    },
  ];
}

const sum = (rows: readonly Row[], of: (row: Row) => number) => rows.reduce((all, row) => all + row.count * of(row), 0);

for (const [network, layers] of Object.entries(networks)) {
  const rows = layers.flatMap(rowsOf);
  console.log(
    `\n${network}, ${precision}: ${sum(rows, ({ dispatches }) => dispatches)} dispatches, ${(sum(rows, ({ work }) => work) / 1e9).toFixed(1)} billion multiplications, ${(sum(rows, ({ bytes }) => bytes) / 2 ** 30).toFixed(2)} GiB before caches`,
  );
  console.log("count | product | tile/each | workgroups | multiplications per shared value, per global value | MiB");
  for (const row of rows) {
    const per = `${row.perShared.toFixed(1)}, ${row.perGlobal.toFixed(1)}`;
    console.log([row.count, row.name, row.tile, row.groups, per, (row.bytes / 2 ** 20).toFixed(1)].join(" | "));
  }
}
