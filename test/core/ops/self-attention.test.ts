import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../../../core/index.js";
import { addBranch, linearMap, selfAttention } from "../../../core/ops/index.js";
import { engineNames, startEngine } from "../../support/engines.js";
import "../../support/matchers.js";

const normals = (seed: string, ...shape: number[]) =>
  tf.tensor(createRandom(seed).normals(shape.reduce((size, side) => size * side, 1)), shape);

/** As the definition says, head by head, image by image. */
function naive(packed: tf.Tensor3D, heads: number): tf.Tensor3D {
  const channels = packed.shape[2] / 3;
  const size = channels / heads;
  const images = Array.from({ length: packed.shape[0] }, (_, image) => {
    const tokens = packed.slice([image, 0, 0], [1, -1, -1]).squeeze<tf.Tensor2D>([0]);
    const part = (which: number, head: number) =>
      tokens.slice([0, which * channels + head * size], [-1, size]) as tf.Tensor2D;
    const answers = Array.from({ length: heads }, (_, head) => {
      const [q, k, v] = [part(0, head), part(1, head), part(2, head)];
      return tf.softmax(q.matMul(k, false, true).div(Math.sqrt(size))).matMul(v);
    });
    return tf.concat(answers, 1);
  });
  return tf.stack(images) as tf.Tensor3D;
}

describe.each(engineNames)("self-attention on %s", (engine) => {
  beforeAll(() => startEngine(engine));

  test("is what its definition, written head by head, makes of the tokens", () => {
    const packed = normals("tokens", 2, 7, 3 * 12) as tf.Tensor3D;
    expect(selfAttention(packed, 3)).toBeAllclose(naive(packed, 3), { absolute: 1e-5 });
  });

  test("is the same in groups of heads, where the maps of all at once would be too large, forward and backward", () => {
    const packed = normals("many", 2, 9, 3 * 10) as tf.Tensor3D;
    const towards = normals("towards", 2, 9, 10);
    const both = (attend: (x: tf.Tensor3D) => tf.Tensor) =>
      tf.valueAndGrad((x) =>
        attend(x as tf.Tensor3D)
          .mul(towards)
          .sum(),
      )(packed);
    const wanted = both((x) => naive(x, 5));
    // All ten, four and four and two, one by one.
    for (const atOnce of [810, 4 * 81, 1]) {
      const ours = both((x) => selfAttention(x, 5, { atOnce }));
      expect(ours.value).toBeAllclose(wanted.value, { relative: 1e-4, absolute: 1e-4 });
      expect(ours.grad).toBeAllclose(wanted.grad, { relative: 1e-4, absolute: 1e-5 });
    }
  });

  test("never has the maps of more heads than one group", async () => {
    const packed = normals("groups", 1, 100, 3 * 8) as tf.Tensor3D;
    const peak = async (atOnce: number) => {
      const gradient = () => tf.grad((x) => selfAttention(x as tf.Tensor3D, 8, { atOnce }).sum())(packed);
      const { peakBytes, result } = await tf.profile(gradient);
      tf.dispose(result as unknown as tf.Tensor);
      return peakBytes - tf.memory().numBytes;
    };
    // The gradient takes two fifths as many at a time: of all eight heads, these are all.
    const [all, one] = [await peak(200_000), await peak(10_000)];
    // A fused kernel has no map at all: its peak is what goes in and comes out.
    if (tf.getKernel("FgkdSelfAttentionGrad", engine) == null) expect(one).toBeLessThan(all / 3);
    else expect([one < 12 * 4 * packed.size, all]).toEqual([true, one]);
  });

  test("needs room for two groups of maps at most, forward and backward", async () => {
    const packed = normals("room", 1, 200, 3 * 16) as tf.Tensor3D;
    const atOnce = 5 * 200 ** 2;
    const attend = (x: tf.Tensor) => selfAttention(x as tf.Tensor3D, 16, { atOnce });
    for (const compute of [() => attend(packed), () => tf.grad((x) => attend(x).sum())(packed)]) {
      const start = tf.memory().numBytes;
      const { peakBytes, result } = await tf.profile(compute);
      tf.dispose(result as unknown as tf.Tensor);
      const ofTokens = 12 * 4 * packed.size;
      expect(peakBytes - start).toBeLessThan(2 * 4 * atOnce + ofTokens);
    }
  });

  test("frees with its gradient what that computed on the way", () => {
    const packed = normals("freed", 1, 200, 3 * 4) as tf.Tensor3D;
    const start = tf.memory().numBytes;
    let after = 0;
    // Its gradient is next.
    const before = tf.customGrad((x) => {
      const gradFunc = (dy: tf.Tensor) => {
        after = tf.memory().numBytes - start;
        return dy;
      };
      return { value: (x as tf.Tensor).clone(), gradFunc };
    });
    tf.grad((x) => selfAttention(before(x) as tf.Tensor3D, 2).sum())(packed).dispose();
    expect(after).toBeGreaterThan(0);
    // One map alone would be 160,000 bytes.
    expect(after).toBeLessThan(100_000);
  });

  test("holds nothing of the size of its maps until the gradient, and leaks nothing", () => {
    const packed = normals("held", 1, 200, 3 * 4) as tf.Tensor3D;
    let held = 0;
    const start = tf.memory().numBytes;
    const loss = (x: tf.Tensor) => {
      const y = selfAttention(x as tf.Tensor3D, 2);
      held = tf.memory().numBytes - start;
      return y.sum();
    };
    expect(() => tf.grad(loss)(packed).dispose()).not.toLeak();
    // What goes in and what comes out; one map alone would be 160,000 bytes.
    expect(held).toBeLessThan(4 * 200 * (3 * 4 + 4) + 1000);
  });
});

describe.each(engineNames)("on %s", (engine) => {
  beforeAll(() => startEngine(engine));

  test("a linear map is the product and the bias, at every position", () => {
    const [x, weight, bias] = [normals("x", 2, 3, 4, 5), normals("w", 5, 6), normals("b", 6)];
    const rows = x.reshape([24, 5]).matMul(weight).add(bias);
    const mapped = linearMap(x, weight as tf.Tensor2D, bias as tf.Tensor1D);
    expect(mapped).toBeAllclose(rows.reshape([2, 3, 4, 6]), { absolute: 1e-5 });
  });

  test("a branch is added as its factors say", () => {
    const [x, branch, scale] = [normals("x", 2, 3, 4), normals("y", 2, 3, 4), normals("s", 4) as tf.Tensor1D];
    const kept = tf.tensor([0, 2], [2, 1, 1]);
    expect(addBranch(x, branch)).toBeAllclose(x.add(branch));
    expect(addBranch(x, branch, { scale, kept })).toBeAllclose(x.add(branch.mul(scale).mul(kept)), { absolute: 1e-6 });
    expect(() => addBranch(x, branch, { scale, kept }).dispose()).not.toLeak();
  });
});
