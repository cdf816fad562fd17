/**
 * Self-attention and its gradient without the logits in memory: each thread has one query, or one key, and walks the others
 * in tiles that its workgroup shares. What is exponentiated is kept below its running greatest value, as in "FlashAttention:
 * Fast and Memory-Efficient Exact Attention with IO-Awareness", 2022.
 */
import type * as tf from "@tensorflow/tfjs";
import type { GpuBackend } from "../backend.js";
import { type Call, floatKernel, input } from "../kernel.js";
import type { NumberField, Shader } from "../shader.js";
import { floats, whole } from "./fields.js";
import { typesOf } from "./pointwise.js";

export const attentionKernels = [
  floatKernel("FgkdSelfAttention", attention, isDispatched),
  floatKernel("FgkdSelfAttentionGrad", attentionGrad, isDispatched),
];

/** Threads of a workgroup, and the queries or keys that are theirs. */
const threads = 64;

/** What every device grants a workgroup, in vectors of four. */
const sharedVectors = 1024;

interface Heads {
  readonly batch: number;
  readonly tokens: number;
  readonly heads: number;
  /** Channels of a head, and vectors that they fill; the last may have room left. */
  readonly size: number;
  readonly vectors: number;
}

function headsOf(call: Call): Heads {
  const [batch = 0, tokens = 0, channels = 0] = input(call, "packed").shape;
  const heads = Number(call.attrs.heads);
  const size = channels / 3 / heads;
  return { batch, tokens, heads, size, vectors: Math.ceil(size / 4) };
}

function isDispatched(call: Call): boolean {
  const { batch, heads, vectors } = headsOf(call);
  return batch < 2 ** 16 && heads < 2 ** 16 && 2 * vectors <= sharedVectors;
}

const numbers: readonly NumberField[] = [...whole("tokens", "heads"), { name: "scale", type: "f32" }];

/** Which part of a token in `packed`; those of `dy` and `y` are alone there. */
type Part = "queries" | "keys" | "values" | "alone";
const parts: Readonly<Record<Part, number>> = { queries: 0, keys: 1, values: 2, alone: 0 };

/** Where channel 0 of the head `group.y` lies, of a token of the image `group.z`. */
function placeOf(part: Part, token: string, { size }: Heads): string {
  const [across, before] = part === "alone" ? [1, ""] : [3, `${parts[part]}u * numbers.heads + `];
  return `(group.z * numbers.tokens + ${token}) * numbers.heads * ${across * size}u + (${before}group.y) * ${size}u`;
}

/** A vector of four channels from the place `at` on; what is beyond the head is 0. */
function vectorAt(buffer: string, at: string, vector: number, size: number): string {
  const lane = (offset: number) => (4 * vector + offset < size ? `${buffer}[${at} + ${4 * vector + offset}u]` : "0.0");
  return `vec4f(${[0, 1, 2, 3].map(lane).join(", ")})`;
}

const eachVector = ({ vectors }: Heads, line: (vector: number) => string) =>
  Array.from({ length: vectors }, (_, vector) => line(vector)).join("\n");

/** Declares `name0`, `name1`, …: the vectors of the thread's own token. */
function own(name: string, buffer: string, part: Part, heads: Heads): string {
  return `  let ${name}At = ${placeOf(part, "known", heads)};
${eachVector(heads, (v) => `  let ${name}${v} = ${vectorAt(buffer, `${name}At`, v, heads.size)};`)}`;
}

function sums(name: string, heads: Heads): string {
  return eachVector(heads, (v) => `  var ${name}${v} = vec4f(0.0);`);
}

function store(name: string, buffer: string, part: Part, heads: Heads): string {
  const line = (channel: number) =>
    `    ${buffer}[at + ${channel}u] = ${name}${Math.floor(channel / 4)}[${channel % 4}];`;
  return `  if (inside) {
    let at = ${placeOf(part, "token", heads)};
${Array.from({ length: heads.size }, (_, channel) => line(channel)).join("\n")}
  }`;
}

/** The thread's own token; beyond the last it works on the first, and writes nothing. */
const ownToken = `  let token = group.x * ${threads}u + lane;
  let inside = token < numbers.tokens;
  let known = select(0u, token, inside);`;

function dot(a: string, tile: string, heads: Heads): string {
  return Array.from({ length: heads.vectors }, (_, v) => `dot(${a}${v}, ${tile}[j * ${heads.vectors}u + ${v}u])`).join(
    " + ",
  );
}

/** One operand of a tile: its name in shared memory, and where it is read. */
type Operand = readonly [name: string, buffer: string, part: Part];

function tileOf({ vectors }: Heads): number {
  return Math.max(1, Math.min(threads, Math.floor(sharedVectors / (2 * vectors))));
}

function tiles(operands: readonly Operand[], heads: Heads): string {
  return operands.map(([name]) => `var<workgroup> ${name}: array<vec4f, ${tileOf(heads) * heads.vectors}>;`).join("\n");
}

/** Walks all tokens; `each` is for token `first + j`, whose operands lie at `j` in the tiles. */
function walk(operands: readonly Operand[], heads: Heads, each: string): string {
  const { vectors, size } = heads;
  const tile = tileOf(heads);
  const lanes = [0, 1, 2, 3].map((offset) => {
    const isSure = size % 4 === 0 || offset === 0;
    return (buffer: string) => {
      const read = `${buffer}[at + 4u * v + ${offset}u]`;
      return isSure ? read : `select(0.0, ${read}, 4u * v + ${offset}u < ${size}u)`;
    };
  });
  const loads = operands.map(
    ([name, buffer, part]) => `      {
        let at = ${placeOf(part, `first + item / ${vectors}u`, heads)};
        ${name}[item] = vec4f(${lanes.map((lane) => lane(buffer)).join(", ")});
      }`,
  );
  return `  for (var first = 0u; first < numbers.tokens; first += ${tile}u) {
    let count = min(${tile}u, numbers.tokens - first);
    for (var item = lane; item < count * ${vectors}u; item += ${threads}u) {
      let v = item % ${vectors}u;
${loads.join("\n")}
    }
    workgroupBarrier();
    for (var j = 0u; j < count; j++) {
${each}
    }
    workgroupBarrier();
  }`;
}

/** Takes a further logit into the running greatest value `most` and the sum `total`; `keep` is what earlier sums shrink by. */
const online = `      let higher = select(most, logit, logit > most);
      let keep = expOf(most - higher);
      let weight = expOf(logit - higher);
      most = higher;
      total = total * keep + weight;`;

interface Pass {
  readonly key: string;
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly operands: readonly Operand[];
  main(heads: Heads, walked: (each: string) => string): string;
}

const forward: Pass = {
  key: "attention",
  reads: ["packed"],
  writes: ["y"],
  operands: [
    ["keys", "packed", "keys"],
    ["values", "packed", "values"],
  ],
  main: (heads, walked) => `${own("q", "packed", "queries", heads)}
${sums("sum", heads)}
  var most = -3.4028234e38;
  var total = 0.0;
${walked(`      let logit = numbers.scale * (${dot("q", "keys", heads)});
${online}
${eachVector(heads, (v) => `      sum${v} = sum${v} * keep + weight * values[j * ${heads.vectors}u + ${v}u];`)}`)}
${eachVector(heads, (v) => `  sum${v} = sum${v} / total;`)}
${store("sum", "y", "alone", heads)}`,
};

/** Of each query the logarithm of its sum, and the sum of dy · y: `[batch, heads, tokens, 2]`. */
const statistics: Pass = {
  key: "attention-statistics",
  reads: ["packed", "dy"],
  writes: ["kept"],
  operands: [
    ["keys", "packed", "keys"],
    ["values", "packed", "values"],
  ],
  main: (heads, walked) => `${own("q", "packed", "queries", heads)}
${own("d", "dy", "alone", heads)}
  var most = -3.4028234e38;
  var total = 0.0;
  var product = 0.0;
${walked(`      let logit = numbers.scale * (${dot("q", "keys", heads)});
${online}
      product = product * keep + weight * (${dot("d", "values", heads)});`)}
  if (inside) {
    let at = 2u * ((group.z * numbers.heads + group.y) * numbers.tokens + token);
    kept[at] = most + logOf(total);
    kept[at + 1u] = product / total;
  }`,
};

const statisticsAt = (token: string) => `2u * ((group.z * numbers.heads + group.y) * numbers.tokens + ${token})`;

const queryGradient: Pass = {
  key: "attention-queries",
  reads: ["packed", "dy", "kept"],
  writes: ["dPacked"],
  operands: [
    ["keys", "packed", "keys"],
    ["values", "packed", "values"],
  ],
  main: (heads, walked) => `${own("q", "packed", "queries", heads)}
${own("d", "dy", "alone", heads)}
  let logSum = kept[${statisticsAt("known")}];
  let product = kept[${statisticsAt("known")} + 1u];
${sums("sum", heads)}
${walked(`      let weight = expOf(numbers.scale * (${dot("q", "keys", heads)}) - logSum);
      let slope = numbers.scale * weight * (${dot("d", "values", heads)} - product);
${eachVector(heads, (v) => `      sum${v} = sum${v} + slope * keys[j * ${heads.vectors}u + ${v}u];`)}`)}
${store("sum", "dPacked", "queries", heads)}`,
};

const valueGradient: Pass = {
  key: "attention-values",
  reads: ["packed", "dy", "kept"],
  writes: ["dPacked"],
  operands: [
    ["queries", "packed", "queries"],
    ["slopes", "dy", "alone"],
  ],
  main: (heads, walked) => `${own("k", "packed", "keys", heads)}
${sums("sum", heads)}
${walked(`      let logSum = kept[${statisticsAt("first + j")}];
      let weight = expOf(numbers.scale * (${dot("k", "queries", heads)}) - logSum);
${eachVector(heads, (v) => `      sum${v} = sum${v} + weight * slopes[j * ${heads.vectors}u + ${v}u];`)}`)}
${store("sum", "dPacked", "values", heads)}`,
};

const keyGradient: Pass = {
  key: "attention-keys",
  reads: ["packed", "dy", "kept"],
  writes: ["dPacked"],
  operands: [
    ["queries", "packed", "queries"],
    ["slopes", "dy", "alone"],
  ],
  main: (heads, walked) => `${own("k", "packed", "keys", heads)}
${own("u", "packed", "values", heads)}
${sums("sum", heads)}
${walked(`      let at = ${statisticsAt("first + j")};
      let weight = expOf(numbers.scale * (${dot("k", "queries", heads)}) - kept[at]);
      let slope = numbers.scale * weight * (${dot("u", "slopes", heads)} - kept[at + 1u]);
${eachVector(heads, (v) => `      sum${v} = sum${v} + slope * queries[j * ${heads.vectors}u + ${v}u];`)}`)}
${store("sum", "dPacked", "keys", heads)}`,
};

function shaderOf({ key, reads, writes, operands, main }: Pass, heads: Heads): Shader {
  return {
    key: `${key}/${heads.size}`,
    reads: floats(...reads),
    writes: floats(...writes),
    numbers,
    workgroup: [threads, 1, 1],
    text: () => ({
      declarations: `${typesOf(1)}\n${tiles(operands, heads)}`,
      main: `${ownToken}\n${main(heads, (each) => walk(operands, heads, each))}`,
    }),
  };
}

function run(backend: GpuBackend, pass: Pass, heads: Heads, reads: readonly tf.TensorInfo[], write: tf.TensorInfo) {
  backend.run({
    shader: shaderOf(pass, heads),
    reads,
    writes: [write],
    numbers: { tokens: heads.tokens, heads: heads.heads, scale: 1 / Math.sqrt(heads.size) },
    groups: [Math.ceil(heads.tokens / threads), heads.heads, heads.batch],
  });
}

function attention(call: Call): tf.TensorInfo {
  const heads = headsOf(call);
  const y = call.backend.allocate([heads.batch, heads.tokens, heads.heads * heads.size]);
  run(call.backend, forward, heads, [input(call, "packed")], y);
  return y;
}

function attentionGrad(call: Call): tf.TensorInfo {
  const { backend } = call;
  const heads = headsOf(call);
  const [packed, dy] = [input(call, "packed"), input(call, "dy")];
  const kept = backend.allocate([heads.batch, heads.heads, heads.tokens, 2]);
  run(backend, statistics, heads, [packed, dy], kept);
  const dPacked = backend.allocate(packed.shape);
  for (const pass of [queryGradient, valueGradient, keyGradient])
    run(backend, pass, heads, [packed, dy, kept], dPacked);
  backend.disposeData(kept.dataId);
  return dPacked;
}
