/** Single kernels: their rate, or their time over that of reading and writing their tensors once. */
import * as tf from "@tensorflow/tfjs";

export interface Single {
  readonly kernel: string;
  readonly shapes: string;
  /** The least of many runs, for other programs only ever take time away. */
  readonly milliseconds: number;
  /** By definition of the kernel; 0 where its time is that of reading and writing. */
  readonly operations: number;
  /** `milliseconds` over the time that an element-wise kernel takes to read and write as many bytes. */
  readonly overCopy: number;
}

interface Case {
  readonly kernel: string;
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly operations: number;
}

type Sides = readonly [number, number, number, number];

/** Products and convolutions that vision transformers, ConvNeXt and residual networks consist of. */
const cases: readonly Case[] = [
  ...products([], 3152, 192, 768),
  ...products([], 3152, 768, 192),
  ...products([48], 197, 64, 197),
  ...products([48], 197, 197, 64),
  ...attention(16, 197, 192, 3),
  ...attention(1, 577, 768, 12),
  ...depthwise([8, 56, 56, 96], 7),
  ...depthwise([8, 14, 14, 384], 7),
  ...perRow("FgkdLayerNorm", [25088, 96], { epsilon: 1e-6 }),
  ...perRow("FgkdGroupNorm", [8, 56, 56, 96], { groups: 32, epsilon: 1e-5 }),
  ...elementwise("FgkdGelu", [25088, 96], "x"),
  ...elementwise("Softmax", [9456, 197], "y"),
  ...convolutions([8, 56, 56, 64], [3, 3, 64, 64], 1),
  ...convolutions([16, 16, 16, 128], [3, 3, 128, 128], 1),
  ...convolutions([16, 8, 8, 256], [3, 3, 256, 256], 1),
  ...convolutions([16, 16, 16, 256], [3, 3, 256, 256], 2),
  ...convolutions([16, 32, 32, 64], [1, 1, 64, 256], 1),
  ...convolutions([16, 32, 32, 256], [1, 1, 256, 64], 1),
  ...convolutions([16, 32, 32, 256], [1, 1, 256, 512], 2),
  ...convolutions([16, 128, 128, 3], [7, 7, 3, 64], 2),
];

/** Measures every case that the active engine has a kernel for. */
export function measureSingles(repeats = 15): readonly Single[] {
  const known = cases.filter(({ kernel }) => tf.getKernel(kernel, tf.getBackend()));
  return known.map((each) => measure(each, repeats));
}

function measure({ kernel, inputs, attributes = {}, operations }: Case, repeats: number): Single {
  return tf.tidy(() => {
    const tensors: Record<string, tf.Tensor> = {};
    for (const [name, shape] of Object.entries(inputs)) {
      tensors[name] = tf.randomUniform([...shape], -1, 1, "float32", 1);
    }
    const run = () => [tf.engine().runKernel(kernel, tensors, attributes as tf.NamedAttrMap)].flat() as tf.Tensor[];
    const written = run().reduce((sum, { size }) => sum + size, 0);
    const read = Object.values(tensors).reduce((sum, { size }) => sum + size, 0);
    const copied = tf.zeros([Math.ceil((read + written) / 2)]);
    const milliseconds = least(run, repeats);
    return {
      kernel,
      shapes: Object.values(inputs)
        .map((shape) => shape.join("×"))
        .join(" "),
      milliseconds,
      operations,
      overCopy: milliseconds / least(() => [copied.neg()], repeats),
    };
  });
}

function least(run: () => readonly tf.Tensor[], repeats: number): number {
  const times = Array.from({ length: repeats }, () => {
    const begin = performance.now();
    for (const tensor of run()) tensor.dispose();
    return performance.now() - begin;
  });
  return Math.min(...times);
}

/** A product and those that make its two gradients. */
function products(batch: readonly number[], rows: number, inner: number, columns: number): readonly Case[] {
  const operations = 2 * batch.reduce((a, b) => a * b, 1) * rows * inner * columns;
  const [x, w, dy] = [
    [rows, inner],
    [inner, columns],
    [rows, columns],
  ] as const;
  const product = (a: readonly number[], b: readonly number[], transposeA: boolean, transposeB: boolean): Case => ({
    kernel: "BatchMatMul",
    // tfjs hands its kernels three dimensions, always.
    inputs: { a: batch.length > 0 ? [...batch, ...a] : [1, ...a], b: batch.length > 0 ? [...batch, ...b] : [1, ...b] },
    attributes: { transposeA, transposeB },
    operations,
  });
  return [product(x, w, false, false), product(dy, w, false, true), product(x, dy, true, false)];
}

/** A convolution and its two gradients. */
function convolutions(x: Sides, filter: Sides, stride: number): readonly Case[] {
  const [batch, height, width] = x;
  const [size, , channels, filters] = filter;
  const dy = [batch, Math.ceil(height / stride), Math.ceil(width / stride), filters] as const;
  const operations = 2 * batch * (dy[1] * dy[2]) * filters * size * size * channels;
  const common = { strides: [stride, stride], pad: size >> 1, dataFormat: "NHWC", dilations: 1 };
  return [
    { kernel: "Conv2D", inputs: { x, filter }, attributes: common, operations },
    {
      kernel: "Conv2DBackpropInput",
      inputs: { dy, filter },
      attributes: { ...common, inputShape: [...x] },
      operations,
    },
    {
      kernel: "Conv2DBackpropFilter",
      inputs: { x, dy },
      attributes: { ...common, filterShape: [...filter] },
      operations,
    },
  ];
}

/** The same for a convolution of each channel by itself. */
function attention(batch: number, tokens: number, channels: number, heads: number): readonly Case[] {
  const [packed, dy] = [[batch, tokens, 3 * channels] as const, [batch, tokens, channels] as const];
  const each = 2 * batch * tokens ** 2 * channels;
  return [
    { kernel: "FgkdSelfAttention", inputs: { packed }, attributes: { heads }, operations: 2 * each },
    { kernel: "FgkdSelfAttentionGrad", inputs: { dy, packed }, attributes: { heads }, operations: 5 * each },
  ];
}

function depthwise(x: Sides, size: number): readonly Case[] {
  const filter = [size, size, x[3], 1] as const;
  const operations = 2 * x.reduce((a, b) => a * b, 1) * size * size;
  const common = { strides: [1, 1], pad: size >> 1, dilations: [1, 1] };
  const name = "DepthwiseConv2dNative";
  return [
    { kernel: name, inputs: { x, filter }, attributes: common, operations },
    {
      kernel: `${name}BackpropInput`,
      inputs: { dy: x, filter },
      attributes: { ...common, inputShape: [...x] },
      operations,
    },
    {
      kernel: `${name}BackpropFilter`,
      inputs: { x, dy: x },
      attributes: { ...common, filterShape: [...filter] },
      operations,
    },
  ];
}

/** A normalisation and its gradient. */
function perRow(kernel: string, x: readonly number[], attributes: Readonly<Record<string, unknown>>): readonly Case[] {
  const channels = [x.at(-1) as number];
  const rows = kernel === "FgkdGroupNorm" ? [x[0] as number, attributes.groups as number] : x.slice(0, -1);
  return [
    { kernel, inputs: { x, scale: channels, offset: channels }, attributes, operations: 0 },
    {
      kernel: `${kernel}Grad`,
      inputs: { dy: x, x, scale: channels, mean: rows, variance: rows },
      attributes,
      operations: 0,
    },
  ];
}

/** A kernel of one tensor, and its gradient, which reads what came in (`x`) or went out (`y`). */
function elementwise(kernel: string, shape: readonly number[], reads: "x" | "y"): readonly Case[] {
  const gradient = kernel.startsWith("Fgkd") ? `${kernel}Grad` : `Fgkd${kernel}Grad`;
  return [
    // Softmax insists on being told the last axis; the others are told nothing.
    {
      kernel,
      inputs: { [reads === "x" ? "x" : "logits"]: shape },
      attributes: { dim: shape.length - 1 },
      operations: 0,
    },
    { kernel: gradient, inputs: { dy: shape, [reads]: shape }, operations: 0 },
  ];
}
