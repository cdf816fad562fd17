/** What is gathered along the last axis: how the threads of a workgroup share rows out, and put their parts together. */
import { mostGroups } from "../shader.js";
import { typesOf } from "./pointwise.js";

const threads = 256;

/** How rows are shared out: `lanes` threads walk one row, `depth` rows are walked by one workgroup. */
export interface RowPlan {
  readonly rows: number;
  readonly columns: number;
  readonly lanes: number;
  readonly depth: number;
  readonly groups: [number, number, number];
}

export function rowPlanOf(rows: number, columns: number): RowPlan {
  const lanes = Math.min(threads, Math.max(8, 2 ** Math.ceil(Math.log2(columns / 4))));
  const depth = threads / lanes;
  const needed = Math.ceil(rows / depth);
  return {
    rows,
    columns,
    lanes,
    depth,
    groups: [Math.min(needed, mostGroups), Math.ceil(needed / mostGroups), 1],
  };
}

/** The row of a thread, in `row`, and where it starts, in `base`; `inside` says whether there is one. */
export function rowOf({ depth }: RowPlan): string {
  return `  let row = (group.y * groups.x + group.x) * ${depth}u + thread.y;
  let inside = row < numbers.rows;
  let base = row * numbers.columns;`;
}

export function declareRows({ lanes, depth }: RowPlan): string {
  return `${typesOf(1)}\nvar<workgroup> shared0: array<V, ${lanes * depth}>;`;
}

/** Statements for each column `c` that falls to a thread; `place` is where its value is. */
export function eachColumn({ lanes }: RowPlan, body: string): string {
  return `  if (inside) {
    for (var c = thread.x; c < numbers.columns; c += ${lanes}u) {
      let place = base + c;
${body}
    }
  }`;
}

/** Afterwards `name` is, for every thread of a row, that of all of them; `both` makes one of `name` and `other`. */
export function acrossRow({ lanes }: RowPlan, name: string, both = `${name} + other`): string {
  return `  shared0[lane] = ${name};
  workgroupBarrier();
  for (var half = ${lanes / 2}u; half > 0u; half = half / 2u) {
    if (thread.x < half) {
      let other = shared0[lane + half];
      ${name} = ${both};
      shared0[lane] = ${name};
    }
    workgroupBarrier();
  }
  ${name} = shared0[thread.y * ${lanes}u];
  workgroupBarrier();`;
}
