/** The compiled addon: where it lies, and what it offers. */
import path from "node:path";
import { placesOf, requireAddon } from "../../native/addon.js";
import { whyNotBuilt } from "../../native/build-log.js";

/** Values of a tensor as native code reads and writes them. */
export type Values = Float32Array | Int32Array | Uint8Array;
/** Values as floats, or kept as bf16. */
export type Stored = Values | Uint16Array;
/** A shape, or a list of sizes, in one piece. */
type Sizes = Int32Array;
/** A convolution prepared for one shape; native code frees it when it is collected. */
export type ConvHandle = { readonly __plan: unique symbol };

type Broadcast<V extends Stored, Out extends Stored> = (
  op: number,
  a: V,
  b: V,
  y: Out,
  aShape: Sizes,
  bShape: Sizes,
) => void;

/** What the processor multiplies numbers of bf16 with: nothing, vectors (AVX512-BF16), or tiles of matrices (AMX). */
type Bf16Units = "none" | "vectors" | "tiles";

/** The contract that this file describes: the number in native/addon.cc. */
const contract = 13;

/** The functions of `native/`; each checks the sizes of what it is given, and throws. */
export interface Addon {
  readonly contract: number;
  allocate(bytes: number): ArrayBuffer;
  release(buffer: ArrayBuffer): void;
  setThreads(threads: number): void;
  releaseScratch(): void;
  describe(): { version: string; instructionSet: string; loops: string; threads: number; bf16: Bf16Units };

  /** `direct` leaves Winograd's algorithm out of the choice. */
  convPlan(shape: Sizes, choice?: number, direct?: boolean): ConvHandle;
  /**
   * Of images kept as bf16, by the processor's units for them or by Winograd's way in floats, which `direct` leaves out.
   * Null where these are to be widened: the processor lacks the units, and Winograd's way does not serve.
   */
  convPlanBf16(shape: Sizes, direct: boolean): ConvHandle | null;
  convTune(
    plan: ConvHandle,
    input: Values,
    filter: Values,
    output: Values,
    bias: Values | null,
    direct: boolean,
  ): number;
  /** With a residual, laid out as the output, of a plan without activation: max(· + residual, 0). */
  convRun(
    plan: ConvHandle,
    input: Stored,
    filter: Values,
    output: Stored,
    bias: Values | null,
    packed: Uint8Array | null,
    residual?: Values | null,
  ): void;
  convPack(plan: ConvHandle, filter: Values, packed: Uint8Array): void;
  convPackedBytes(plan: ConvHandle): number;
  convDescribe(plan: ConvHandle): string;

  depthwise(x: Values, filter: Values, bias: Values | null, y: Values, shape: Sizes): void;
  depthwiseInputGrad(dy: Values, filter: Values, dx: Values, shape: Sizes): void;
  depthwiseFilterGrad(x: Values, dy: Values, dFilter: Values, shape: Sizes): void;

  matMul(a: Values, b: Values, y: Values, sizes: Sizes, bias: Values | null): void;
  /** The same of operands rounded to bf16, where the processor has units for them. */
  matMulBf16(a: Stored, b: Stored, y: Stored, sizes: Sizes, bias: Values | null): void;

  /** To the nearest, of two alike the even one; into floats, these are values that bf16 has. */
  roundToBf16(x: Values, y: Stored): void;
  widenBf16(x: Uint16Array, y: Values): void;
  /** Multiplications of each piece that so many threads would take, in order: for counting what a larger machine does. */
  matMulPieces(sizes: Sizes, threads: number): number[];

  /** Both return the bytes of memory that they took to work, of all threads. */
  selfAttention(packed: Stored, y: Stored, batch: number, tokens: number, channels: number, heads: number): number;
  selfAttentionGrad(
    dy: Stored,
    packed: Stored,
    dPacked: Stored,
    batch: number,
    tokens: number,
    channels: number,
    heads: number,
  ): number;

  readonly unaryOps: Readonly<Record<string, number>>;
  readonly binaryOps: Readonly<Record<string, number>>;
  readonly compareOps: Readonly<Record<string, number>>;
  unary(op: number, x: Stored, y: Stored, alpha: number, beta: number): void;
  readonly binary: Broadcast<Stored, Stored>;
  readonly compare: Broadcast<Float32Array, Uint8Array>;
  readonly binaryInt: Broadcast<Int32Array, Int32Array>;
  readonly compareInt: Broadcast<Int32Array, Uint8Array>;
  select(condition: Uint8Array, a: Values, b: Values, y: Values): void;
  adam(
    p: Values,
    g: Values,
    m: Values,
    v: Values,
    newP: Values,
    newM: Values,
    newV: Values,
    options: Float32Array,
  ): void;
  sgd(p: Values, g: Values, m: Values, newP: Values, newM: Values, options: Float32Array): void;
  movingAverage(average: Values, value: Values, y: Values, options: Float32Array): void;

  /** `kind`: 0 sum, 1 mean, 2 maximum, 3 minimum. */
  reduce(kind: number, x: Values, y: Values, outer: number, n: number, inner: number): void;
  /** The sum of each column of `[rows, columns]`. */
  sumRows(x: Stored, y: Values, rows: number, columns: number): void;
  argExtreme(greatest: boolean, x: Values, y: Values, outer: number, n: number, inner: number): void;
  softmax(x: Values, y: Values, rows: number, columns: number, log: boolean): void;
  softmaxGrad(dy: Values, y: Values, dx: Values, rows: number, columns: number, log: boolean): void;

  pool(max: boolean, x: Stored, y: Stored, shape: Sizes): void;
  maxPoolGrad(dy: Stored, x: Stored, y: Stored, dx: Stored, shape: Sizes): void;
  avgPoolGrad(dy: Values, dx: Values, shape: Sizes): void;
  resizeBilinear(x: Values, y: Values, shape: Sizes): void;
  resizeBilinearGrad(dy: Values, dx: Values, shape: Sizes): void;
  resample(x: Values, rows: Values, columns: Values, y: Values, sizes: Sizes): void;
  cropAndResize(
    x: Values,
    boxes: Values,
    images: Values,
    y: Values,
    sizes: Sizes,
    nearest: boolean,
    outside: number,
  ): void;

  batchNormTraining(
    x: Stored,
    scale: Values,
    offset: Values,
    y: Stored,
    mean: Values,
    variance: Values,
    rows: number,
    channels: number,
    area: number,
    epsilon: number,
    most: number,
    residual: Stored | null,
  ): void;
  batchNormTrainingGrad(
    dy: Stored,
    x: Stored,
    scale: Values,
    offset: Values,
    mean: Values,
    variance: Values,
    dx: Stored,
    dScale: Values,
    dOffset: Values,
    rows: number,
    channels: number,
    area: number,
    epsilon: number,
    most: number,
  ): void;
  batchNormInference(
    x: Stored,
    scale: Values | null,
    offset: Values | null,
    mean: Values,
    variance: Values,
    y: Stored,
    rows: number,
    channels: number,
    area: number,
    epsilon: number,
    most: number,
  ): void;

  layerNorm(
    x: Stored,
    scale: Values,
    offset: Values,
    y: Stored,
    mean: Values,
    variance: Values,
    rows: number,
    channels: number,
    epsilon: number,
  ): void;
  layerNormGrad(
    dy: Stored,
    x: Stored,
    scale: Values,
    mean: Values,
    variance: Values,
    dx: Stored,
    dScale: Values,
    dOffset: Values,
    rows: number,
    channels: number,
    epsilon: number,
  ): void;
  groupNorm(
    x: Values,
    scale: Values,
    offset: Values,
    y: Values,
    mean: Values,
    variance: Values,
    images: number,
    area: number,
    channels: number,
    groups: number,
    blocked: boolean,
    epsilon: number,
  ): void;
  groupNormGrad(
    dy: Values,
    x: Values,
    scale: Values,
    mean: Values,
    variance: Values,
    dx: Values,
    dScale: Values,
    dOffset: Values,
    images: number,
    area: number,
    channels: number,
    groups: number,
    blocked: boolean,
    epsilon: number,
  ): void;

  transpose(x: Values, y: Values, shape: Sizes, permutation: Sizes): void;
  slice(x: Values, y: Values, shape: Sizes, begin: Sizes, size: Sizes): void;
  insert(x: Values, y: Values, shape: Sizes, place: Sizes, whole: Sizes): void;
  fill(y: Values, value: number): void;
  gather(x: Values, indices: Int32Array, y: Values, sizes: Sizes, count: number): void;
  blockChannels(x: Values, y: Values, images: number, area: number, channels: number, back: boolean): void;
  cast(x: Values, y: Values): void;
}

let loaded: Addon | undefined;

/**
 * Loads the addon: from `FGKD_ONEDNN_ADDON`, from a package built for this platform, or from `build/`.
 *
 * @throws Error naming the places tried
 */
export function loadAddon(): Addon {
  if (loaded !== undefined) return loaded;
  // OpenMP reads its settings as it is loaded. Threads that spin while they wait take the processor from the very thread
  // they wait for as soon as anything else runs: with a second program, steps took ten times as long.
  if (process.env.OMP_WAIT_POLICY === undefined) process.env.GOMP_SPINCOUNT ??= "1000";
  const found = places();
  if (found.length === 0) throw new Error(`not built: ${whyNotBuilt("onednn")}`);
  loaded = requireAddon<Addon>(found, contract);
  return loaded;
}

function places(): string[] {
  const chosen = process.env.FGKD_ONEDNN_ADDON;
  if (chosen) return [path.resolve(chosen)];
  return placesOf("onednn.node", "@fgkd/engine-onednn");
}
