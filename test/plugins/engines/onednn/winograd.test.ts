import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { type Addon, loadAddon } from "../../../../plugins/engines/onednn/addon.js";
import { available, expectSame, numbers, random } from "./both.js";

interface Case {
  readonly size: readonly [n: number, h: number, w: number];
  readonly channels: readonly [inside: number, outside: number];
  /** Top, bottom, left, right. */
  readonly pad: readonly [number, number, number, number];
}

const cases: Case[] = [
  { size: [2, 8, 8], channels: [32, 32], pad: [1, 1, 1, 1] },
  { size: [3, 7, 13], channels: [8, 24], pad: [1, 1, 1, 1] },
  { size: [1, 1, 1], channels: [16, 8], pad: [1, 1, 1, 1] },
  { size: [2, 3, 3], channels: [8, 8], pad: [0, 0, 0, 0] },
  { size: [1, 6, 5], channels: [24, 16], pad: [0, 1, 2, 0] },
  { size: [2, 5, 9], channels: [40, 8], pad: [2, 2, 2, 2] },
  { size: [1, 2, 30], channels: [8, 48], pad: [1, 0, 0, 2] },
  { size: [40, 4, 4], channels: [136, 16], pad: [1, 1, 1, 1] },
  { size: [2, 9, 4], channels: [264, 40], pad: [1, 1, 1, 1] },
  { size: [1, 44, 43], channels: [136, 8], pad: [1, 1, 1, 1] },
  { size: [1, 26, 22], channels: [16, 56], pad: [1, 1, 1, 1] },
];

const kinds = ["forward", "input gradient", "filter gradient"] as const;
const [direct, winograd] = [0, 32];

/** What native code is told of a convolution, in its order. */
function fields(
  { size: [n, h, w], channels: [c, k], pad }: Case,
  kind: number,
  blocked = 0,
  more = [0, 0],
): Int32Array {
  const [top, bottom, left, right] = pad;
  const out = [h + top + bottom - 2, w + left + right - 2];
  return Int32Array.of(...[n, h, w, c, k, 3, 3, 1, 1, 1, 1], ...pad, ...out, 1, kind, ...more, blocked, blocked);
}

/** Image, filter and result of a case; which of them is written follows from the kind. */
function operands({ size: [n, h, w], channels: [c, k], pad }: Case): [Float32Array, Float32Array, Float32Array] {
  const area = (h + pad[0] + pad[1] - 2) * (w + pad[2] + pad[3] - 2);
  return [numbers(n * h * w * c, 1), numbers(9 * c * k, 2), numbers(n * area * k, 3)];
}

/** The sum that defines a convolution and its gradients, in double precision. */
function reference(of: Case, kind: number): Float64Array {
  const { size, channels, pad } = of;
  const [[n, h, w], [c, k], [top, bottom, left, right]] = [size, channels, pad];
  const [oh, ow] = [h + top + bottom - 2, w + left + right - 2];
  const [x, filter, y] = operands(of).map((values) => Float64Array.from(values)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const written = [y, x, filter][kind]?.fill(0) as Float64Array;
  const at = (array: Float64Array, i: number) => array[i] as number;
  const step = (xi: number, fi: number, yi: number) => {
    if (kind === 0) y[yi] = at(y, yi) + at(x, xi) * at(filter, fi);
    else if (kind === 1) x[xi] = at(x, xi) + at(y, yi) * at(filter, fi);
    else filter[fi] = at(filter, fi) + at(x, xi) * at(y, yi);
  };
  for (let pixel = 0; pixel < n * oh * ow; pixel++)
    for (let tap = 0; tap < 9; tap++) {
      const image = Math.floor(pixel / (oh * ow));
      const iy = (Math.floor(pixel / ow) % oh) + Math.floor(tap / 3) - top;
      const ix = (pixel % ow) + (tap % 3) - left;
      if (iy < 0 || iy >= h || ix < 0 || ix >= w) continue;
      const from = ((image * h + iy) * w + ix) * c;
      for (let i = 0; i < c; i++) for (let o = 0; o < k; o++) step(from + i, (tap * c + i) * k + o, pixel * k + o);
    }
  return written;
}

function compute(of: Case, kind: number, blocked: boolean, choice: number): Float32Array {
  const addon = loadAddon();
  const { size, channels } = of;
  const [x, filter, y] = operands(of);
  const reorder = (values: Float32Array, c: number, back: boolean) => {
    if (!blocked) return values;
    const made = new Float32Array(values.length);
    addon.blockChannels(values, made, size[0], values.length / size[0] / c, c, back);
    return made;
  };
  const laid = [reorder(x, channels[0], false), filter, reorder(y, channels[1], false)] as const;
  const written = [2, 0, 1][kind] as number;
  (laid[written] as Float32Array).fill(Number.NaN);
  addon.convRun(addon.convPlan(fields(of, kind, Number(blocked)), choice, false), ...laid, null, null);
  return written === 1 ? filter : reorder(laid[written] as Float32Array, channels[written / 2] as number, true);
}

function bytes(values: Float32Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}

function greatestError(received: ArrayLike<number>, wanted: ArrayLike<number>): number {
  let [error, scale] = [0, 0];
  for (let i = 0; i < wanted.length; i++) {
    const difference = Math.abs((received[i] as number) - (wanted[i] as number));
    error = difference <= error ? error : difference; // a NaN counts as an error
    scale = Math.max(scale, Math.abs(wanted[i] as number));
  }
  return error / scale;
}

const list = cases.flatMap((of) =>
  kinds.flatMap((kind, i) => [false, true].map((blocked) => ({ of, kind, i, blocked, name: JSON.stringify(of) }))),
);

describe.skipIf(!available)("Winograd's convolutions", () => {
  test.each(list)("are exact to 4e-6 of the greatest value: $kind, blocked $blocked, $name", ({ of, i, blocked }) => {
    expect(greatestError(compute(of, i, blocked, winograd), reference(of, i))).toBeLessThan(4e-6);
  });

  test.each(list.filter(({ of }) => of.size[0] * of.channels[0] > 60))(
    "repeat to the byte: $kind, blocked $blocked, $name",
    ({ of, i, blocked }) => {
      const first = compute(of, i, blocked, winograd);
      for (let run = 0; run < 5; run++)
        expect(bytes(compute(of, i, blocked, winograd)).equals(bytes(first))).toBe(true);
    },
  );

  test.each(kinds.map((kind, i) => ({ kind, i })))("do not depend on the number of threads: $kind", ({ i }) => {
    const addon: Addon = loadAddon();
    const { threads } = addon.describe();
    try {
      for (const of of cases) {
        const [one, three] = [1, 3].map((count) => {
          addon.setThreads(count);
          return compute(of, i, true, winograd);
        });
        expect(bytes(one as Float32Array).equals(bytes(three as Float32Array))).toBe(true);
      }
    } finally {
      addon.setThreads(threads);
    }
  });

  test.each([0, 1, 2])("add the bias and apply activation %i as the direct ones do", (activation) => {
    const of: Case = { size: [2, 9, 6], channels: [16, 24], pad: [1, 1, 1, 1] };
    const [direct0, fast] = [direct, winograd].map((choice) => {
      const addon = loadAddon();
      const [x, filter, y] = operands(of);
      const bias = numbers(24, 4, -4, 8);
      addon.convRun(addon.convPlan(fields(of, 0, 0, [1, activation]), choice, false), x, filter, y, bias, null);
      return y;
    }) as [Float32Array, Float32Array];
    expect(greatestError(fast, direct0)).toBeLessThan(4e-6);
    if (activation > 0) expect(Math.min(...fast)).toBe(0);
    if (activation > 1) expect(Math.max(...fast)).toBe(6);
  });

  test("keep a value that is not a number within the tiles that read it", () => {
    const addon = loadAddon();
    const of: Case = { size: [1, 12, 12], channels: [8, 8], pad: [1, 1, 1, 1] };
    const [x, filter, y] = operands(of);
    x[0] = Number.NaN; // the first pixel, which only the first tile of 4×4 results reads
    addon.convRun(addon.convPlan(fields(of, 0), winograd, false), x, filter, y, null, null);
    y.forEach((value, i) => {
      const [row, column] = [Math.floor(i / 8 / 12), Math.floor(i / 8) % 12];
      if (row >= 4 || column >= 4) expect(value).not.toBeNaN();
      if (row < 2 && column < 2) expect(value).toBeNaN();
    });
  });

  test("are chosen for usual networks, in all directions, unless they are switched off", () => {
    const addon = loadAddon();
    const of: Case = { size: [16, 32, 32], channels: [64, 64], pad: [1, 1, 1, 1] };
    for (const kind of [0, 1, 2]) {
      expect(addon.convDescribe(addon.convPlan(fields(of, kind, 1), undefined, false))).toContain("winograd");
      expect(addon.convDescribe(addon.convPlan(fields(of, kind, 1), undefined, true))).not.toContain("winograd");
    }
  });

  test("serve tfjs' convolutions and their gradients", async () => {
    await expectSame(() => {
      const loss = (image: tf.Tensor, weights: tf.Tensor) => {
        const y = tf.conv2d(image as tf.Tensor4D, weights as tf.Tensor4D, 1, "same");
        return y.mul(random(y.shape, 3)).sum().asScalar();
      };
      return tf.grads(loss)([random([2, 9, 11, 32], 1), random([3, 3, 32, 40], 2)]);
    });
  });
});
