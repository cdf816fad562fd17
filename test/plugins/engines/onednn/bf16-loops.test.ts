import { describe, expect, test } from "vitest";
import { type Addon, type ConvHandle, loadAddon, type Values } from "../../../../plugins/engines/onednn/addon.js";
import { available, numbers } from "./both.js";

type Sizes = readonly [rows: number, channels: number];

/** Channels below, at and between the widths of vectors, rows below and above those that are added together. */
const sizes: Sizes[] = [
  [1, 5],
  [3, 64],
  [70, 24],
  [515, 40],
];
const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 1e-40];

describe.skipIf(!available)("onednn's loops", () => {
  const addon: Addon = available ? loadAddon() : (undefined as never);

  function bf16(given: Float32Array): Uint16Array {
    const bits = new Uint16Array(given.length);
    addon.roundToBf16(given, bits);
    return bits;
  }

  function floats(bits: Uint16Array): Float32Array {
    const made = new Float32Array(bits.length);
    addon.widenBf16(bits, made);
    return made;
  }

  const drawn = (count: number, seed: number) => bf16(numbers(count, seed, -2, 2));

  test.each(sizes.flatMap((size) => [0, 6, Number.POSITIVE_INFINITY].map((most) => [...size, most])))(
    "normalise %i rows of %i channels kept as bf16, up to %d, as floats that are rounded behind",
    (rows = 0, channels = 0, most = 0) => {
      const count = rows * channels;
      const [x, dy] = [drawn(count, 1), drawn(count, 2)];
      const [scale, offset] = [numbers(channels, 3, 0.5, 2), numbers(channels, 4, -1, 1)];
      const run = <T extends Float32Array | Uint16Array>(images: T, slopes: T, make: (length: number) => T) => {
        const [y, dx] = [make(count), make(count)];
        const [mean, variance, dScale, dOffset] = Array.from({ length: 4 }, () => new Float32Array(channels)) as Four;
        const tail = [rows, channels, 0, 1e-5, most] as const;
        addon.batchNormTraining(images, scale, offset, y, mean, variance, ...tail, null);
        addon.batchNormTrainingGrad(slopes, images, scale, offset, mean, variance, dx, dScale, dOffset, ...tail);
        return { images: [y, dx], rest: [mean, variance, dScale, dOffset] };
      };
      const kept = run(x, dy, (length) => new Uint16Array(length));
      const wide = run(floats(x), floats(dy), (length) => new Float32Array(length));
      kept.rest.forEach((values, i) => void expectSameBytes(values, wide.rest[i]));
      kept.images.forEach((values, i) => void expectSameBytes(values, bf16(wide.images[i] as Float32Array)));
    },
  );

  test.each([0, 1, 2])("take Winograd's way on images kept as bf16 as on floats, in direction %i", (kind) => {
    const [n, h, w, c, k] = [2, 9, 11, 40, 32] as const;
    const shape = Int32Array.of(n, h, w, c, k, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, h, w, 1, kind, 0, 0, 0, 0);
    const winograd = 32;
    const [wide, kept] = [addon.convPlan(shape, winograd, false), addon.convPlanBf16(shape, false)];
    expect(addon.convDescribe(kept as ConvHandle)).toBe(addon.convDescribe(wide));
    const [x, y, filter] = [drawn(n * h * w * c, 7), drawn(n * h * w * k, 8), numbers(9 * c * k, 9, -1, 1)];
    const [xFloats, yFloats, roundedFilter] = [floats(x), floats(y), floats(bf16(filter))];
    addon.convRun(kept as ConvHandle, x, filter, y, null, null);
    addon.convRun(wide, xFloats, roundedFilter, yFloats, null, null);
    if (kind === 2) expectSameBytes(filter, roundedFilter);
    expectSameBytes(x, bf16(xFloats));
    expectSameBytes(y, bf16(yFloats));
  });

  test.each([5, 8, 64])("find maxima of %i channels kept as bf16 as of floats", (c) => {
    const x = drawn(2 * 11 * 13 * c, 9);
    for (let i = 0; i < x.length; i += 7) x.set(bf16(Float32Array.of(special[i % 5] as number)), i);
    x.fill(0x7fc0, 0, 13 * c * 4);
    const shape = Int32Array.of(2, 11, 13, c, 3, 3, 2, 2, 1, 1, 1, 1, 6, 7);
    const [kept, wide] = [new Uint16Array(2 * 6 * 7 * c), new Float32Array(2 * 6 * 7 * c)];
    addon.pool(true, x, kept, shape);
    addon.pool(true, floats(x), wide, shape);
    expectSameBytes(kept, bf16(wide));
  });

  const binary = ["Add", "Sub", "FgkdAddRelu", "FgkdReluGrad", "FgkdGeluGrad"];
  const unary = ["Relu", "Relu6", "FgkdGelu", "Sigmoid"];

  test.each([...binary, ...unary])("compute %s of values kept as bf16 as of floats, rounded behind", (name) => {
    const [a, b] = [drawn(1003, 5), drawn(1003, 6)];
    a.set(bf16(Float32Array.from(special)));
    b.set(bf16(Float32Array.from(special)), 3);
    const shape = Int32Array.of(a.length);
    const compute = (left: Values | Uint16Array, right: Values | Uint16Array, y: Values | Uint16Array) =>
      binary.includes(name)
        ? addon.binary(addon.binaryOps[name] as number, left, right, y, shape, shape)
        : addon.unary(addon.unaryOps[name] as number, left, y, 0, 0);
    const [kept, wide] = [new Uint16Array(a.length), new Float32Array(a.length)];
    compute(a, b, kept);
    compute(floats(a), floats(b), wide);
    expectSameBytes(kept, bf16(wide));
  });
});

/** Only where they first differ: what tells all of it takes minutes. */
function expectSameBytes(actual: Float32Array | Uint16Array, expected: Float32Array | Uint16Array | undefined): void {
  expect(actual.findIndex((value, i) => !Object.is(value, expected?.[i]))).toBe(-1);
}

type Four = [Float32Array, Float32Array, Float32Array, Float32Array];
