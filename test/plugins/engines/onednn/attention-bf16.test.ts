import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { loadAddon } from "../../../../plugins/engines/onednn/addon.js";
import { defined, expectSameOfThreads, inputs, type Sizes, sizes } from "./attention.js";
import { available } from "./both.js";
import { expectNear, rounded } from "./rounded.js";

/** Tokens and slopes that bf16 has. */
function roundedInputs(shape: Sizes, spread?: number) {
  const [packed, dy] = inputs(shape, spread);
  return [rounded(packed), rounded(dy)] as const;
}

function bf16(values: Float32Array): Uint16Array {
  const made = new Uint16Array(values.length);
  loadAddon().roundToBf16(values, made);
  return made;
}

function floats(values: Uint16Array): Float32Array {
  const made = new Float32Array(values.length);
  loadAddon().widenBf16(values, made);
  return made;
}

/** What the addon makes of tokens kept as bf16, and the memory that it took. */
function native(packed: Float32Array, dy: Float32Array, { batch, tokens, heads, ofHead }: Sizes) {
  const shape = [batch, tokens, heads * ofHead, heads] as const;
  // What stands there must not matter.
  const [y, dPacked] = [new Uint16Array(dy.length).fill(0x7fc0), new Uint16Array(packed.length).fill(0x7fc0)];
  const tokensKept = bf16(packed);
  const forward = loadAddon().selfAttention(tokensKept, y, ...shape);
  const backward = loadAddon().selfAttentionGrad(bf16(dy), tokensKept, dPacked, ...shape);
  return { y: floats(y), dPacked: floats(dPacked), forward, backward };
}

const one = new Float32Array(1);
function roundedValue(value: number): number {
  one[0] = value;
  return rounded(one)[0] as number;
}

/** Of many maps some lie so near the middle between two numbers of bf16 that sums in another order round them otherwise. */
const tipped = 2 ** -10;

const shapes = [
  ...[sizes(1, 1, 1, 1), sizes(3, 2, 2, 5), sizes(2, 7, 3, 4), sizes(1, 16, 1, 16), sizes(2, 33, 1, 32)],
  ...[sizes(1, 197, 3, 64), sizes(1, 49, 12, 32), sizes(1, 198, 2, 48), sizes(1, 49, 2, 400), sizes(9, 13, 1, 7)],
  ...[sizes(1, 577, 1, 64), sizes(2, 199, 5, 8)],
];

describe.skipIf(!available)("attention of tokens in bf16 on onednn", () => {
  test.each(shapes)("is what double precision makes of %j with its maps rounded, and its gradient", (shape) => {
    const [packed, dy] = roundedInputs(shape);
    const wanted = defined(packed, dy, shape, roundedValue);
    const found = native(packed, dy, shape);
    const further = shape.batch * shape.heads * shape.tokens ** 2 > 2000 ? tipped : 1e-5;
    expectNear(found.y, wanted.y, 0, further);
    expectNear(found.dPacked, wanted.dPacked, 1, further);
  });

  test("is the same bytes with any number of threads, where heads are many and where their queries are cut", () => {
    expectSameOfThreads((shape) => {
      const { y, dPacked } = native(...roundedInputs(shape), shape);
      return [y, dPacked];
    });
  });

  test("leaves no number where floats leave none, and numbers elsewhere", () => {
    const shape = sizes(2, 21, 2, 8);
    const addon = loadAddon();
    // A query, a key and a value, each in another head or image.
    for (const [at, value] of [
      ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value) => [3 * 48 + 1, value] as const),
      ...[[20 * 48 + 16 + 9, Number.NaN] as const, [(21 + 5) * 48 + 16 + 2, Number.NEGATIVE_INFINITY] as const],
      ...[[(21 + 20) * 48 + 32 + 15, Number.NaN] as const, [32 + 3, Number.POSITIVE_INFINITY] as const],
    ]) {
      const [packed, dy] = roundedInputs(shape);
      packed[at] = value;
      const [y, dPacked] = [new Float32Array(dy.length), new Float32Array(packed.length)];
      addon.selfAttention(packed, y, 2, 21, 16, 2);
      addon.selfAttentionGrad(dy, packed, dPacked, 2, 21, 16, 2);
      const found = native(packed, dy, shape);
      const kinds = (values: Float32Array) => [...values].map((one) => (Number.isFinite(one) ? "number" : String(one)));
      expect(kinds(found.y)).toEqual(kinds(y));
      expect(kinds(found.dPacked)).toEqual(kinds(dPacked));
    }
  });

  test("takes no more memory than attention of floats", () => {
    for (const shape of [sizes(1, 577, 12, 64), sizes(16, 197, 3, 64), sizes(2, 50, 2, 5)]) {
      const { batch, tokens, heads, ofHead } = shape;
      const given = [batch, tokens, heads * ofHead, heads] as const;
      const [packed, dy] = roundedInputs(shape);
      const found = native(packed, dy, shape);
      const wide = loadAddon().selfAttention(packed, new Float32Array(dy.length), ...given);
      expect(found.forward).toBeLessThanOrEqual(wide);
      const slopes = loadAddon().selfAttentionGrad(dy, packed, new Float32Array(packed.length), ...given);
      expect(found.backward).toBeLessThanOrEqual(slopes);
    }
  });

  test("computes the same rule with older processors' instructions", async () => {
    const script = `
      const { loadAddon } = await import("./plugins/engines/onednn/addon.ts");
      const { numbers } = await import("./test/plugins/engines/onednn/both.ts");
      const addon = loadAddon();
      const bf16 = (values) => { const made = new Uint16Array(values.length); addon.roundToBf16(values, made); return made; };
      const [packed, dy] = [bf16(numbers(3 * 79 * 96, 1, -2, 2)), bf16(numbers(79 * 96, 2))];
      const [y, dPacked] = [new Uint16Array(dy.length), new Uint16Array(packed.length)];
      addon.selfAttention(packed, y, 1, 79, 96, 3);
      addon.selfAttentionGrad(dy, packed, dPacked, 1, 79, 96, 3);
      process.stdout.write(JSON.stringify([[...y], [...dPacked]]));`;
    const root = new URL("../../../..", import.meta.url).pathname;
    const valuesWith = async (limit: string) => {
      const command = ["--import", "tsx", "--input-type=module", "-e", script];
      const options = { cwd: root, env: { ...process.env, FGKD_MAX_CPU_ISA: limit }, maxBuffer: 2 ** 24 };
      const { stdout } = await promisify(execFile)(process.execPath, command, options);
      return (JSON.parse(stdout) as number[][]).map((bits) => floats(Uint16Array.from(bits)));
    };
    const here = await valuesWith("");
    for (const limit of ["avx512", "avx2", "baseline"]) {
      const older = await valuesWith(limit);
      for (const [output, values] of here.entries()) expectNear(older[output] as Float32Array, values, output, tipped);
    }
  }, 120_000);
});
