/**
 * Values gathered over the rows of `[images, rows, channels]`: how a workgroup walks them, and in how many parts. Each part
 * is summed by one workgroup in an order that depends on the shape alone, so that equal inputs give equal bytes.
 */
import type { NumberField } from "../shader.js";
import { whole } from "./fields.js";
import { elementOf, typesOf, widthOf } from "./pointwise.js";

/** How the rows of a tensor are shared out among workgroups and threads. */
export interface Plan {
  readonly images: number;
  readonly rows: number;
  /** Values that a thread takes at a time. */
  readonly width: 1 | 4;
  /** In units of `width`. */
  readonly channels: number;
  /** Threads of a workgroup side by side, and rows that it walks at once: together 256. */
  readonly lanes: number;
  readonly depth: number;
  /** Workgroups for the channels. */
  readonly blocks: number;
  /** Parts of the rows, and rows of a part. */
  readonly parts: number;
  readonly span: number;
}

const threads = 256;

/** So many fill a large GPU, if there is work for them. */
const workgroups = 512;

/**
 * @param width of what a thread takes at a time; must divide the channels
 */
export function planOf(images: number, rows: number, channels: number, width: 1 | 4 = widthOf(channels)): Plan {
  const units = channels / width;
  // 32 vectors, or 64 values, are a row that memory serves at its best.
  const lanes = Math.min(width === 4 ? 32 : 64, 2 ** Math.ceil(Math.log2(units)));
  const depth = threads / lanes;
  const blocks = Math.ceil(units / lanes);
  const most = Math.max(1, Math.ceil(rows / (4 * depth)));
  const parts = Math.min(most, Math.max(1, Math.ceil(workgroups / (blocks * images))), 1024);
  const span = Math.ceil(rows / parts);
  return { images, rows, width, channels: units, lanes, depth, blocks, parts: Math.ceil(rows / span), span };
}

/** What a shader is told of a plan with each run. */
export const planFields: readonly NumberField[] = whole("rows", "channels", "span", "parts");

export function numbersOf({ rows, channels, span, parts }: Plan): Record<string, number> {
  return { rows, channels, span, parts };
}

/** What a shader's key says of a plan: the rest are numbers. */
export function keyOf({ width, lanes }: Plan): string {
  return `${width}/${lanes}`;
}

/** Of a thread: what it gathers, from which rows, and how that of two threads becomes one. */
export interface Gathering {
  /** Names of its values, all `V`, which are 0 at first, or as `first` says. */
  readonly states: readonly string[];
  readonly first?: string;
  /** WGSL expressions. */
  readonly from: string;
  readonly to: string;
  /** Statements for each `row`. */
  readonly each: string;
  /** Statements that lay the values `name_` of another thread to the values `name`. */
  readonly merge: string;
}

export function declare({ width, lanes, depth }: Plan, states: number): string {
  const shared = Array.from({ length: states }, (_, at) => `var<workgroup> shared${at}: array<V, ${lanes * depth}>;`);
  return `${typesOf(width)}\n${shared.join("\n")}`;
}

/** The channel of a thread, in `channel`; `inside` says whether there is one. */
export function channelOf({ lanes }: Plan): string {
  return `  let channel = group.x * ${lanes}u + thread.x;
  let inside = channel < numbers.channels;`;
}

/** Afterwards each thread has the values of its channel, gathered from all rows by all threads of its workgroup. */
export function gather({ lanes, depth }: Plan, { states, first = "", from, to, each, merge }: Gathering): string {
  const lines = (line: (name: string, at: number) => string) => states.map(line).join("\n");
  return `${lines((name) => `  var ${name} = V(0.0);`)}
  ${first}
  if (inside) {
    for (var row = ${from} + thread.y; row < ${to}; row += ${depth}u) {
${each}
    }
  }
${lines((name, at) => `  shared${at}[lane] = ${name};`)}
  workgroupBarrier();
  for (var half = ${depth / 2}u; half > 0u; half = half / 2u) {
    if (thread.y < half) {
${lines((name, at) => `      let ${name}_ = shared${at}[lane + half * ${lanes}u];`)}
${merge}
${lines((name, at) => `      shared${at}[lane] = ${name};`)}
    }
    workgroupBarrier();
  }
${lines((name, at) => `  ${name} = shared${at}[thread.x];`)}`;
}

export function elementsOf({ width }: Plan): "f32" | "vec4f" {
  return elementOf(width);
}

/** Sums. */
export function adding(states: readonly string[]): string {
  return states.map((name) => `      ${name} = ${name} + ${name}_;`).join("\n");
}

/**
 * Statements that lay `mean_` and the sum of squares around it `squares_`, of `count_` values, to those of `count` values.
 *
 * @see "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances", Chan, Golub and LeVeque, 1979
 */
export const mergeMoments = `      let both = count + count_;
      let share = select(V(0.0), count_ / both, count_ > V(0.0));
      let apart = mean_ - mean;
      mean = mean + apart * share;
      squares = squares + squares_ + apart * apart * count * share;
      count = both;`;
