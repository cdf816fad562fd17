import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { groupNorm, layerNorm } from "../../../core/ops/index.js";
import { engineNames, startEngine } from "../../support/engines.js";
import "../../support/matchers.js";

const channels = 6;

describe.each(engineNames)("layer and group normalisation on %s", (engine) => {
  beforeAll(() => startEngine(engine));

  const ones = () => tf.ones<tf.Rank.R1>([channels]);
  const zeros = () => tf.zeros<tf.Rank.R1>([channels]);
  const ramp = (shape: number[]) => tf.linspace(-1, 1, tf.util.sizeFromShape(shape)).square().reshape(shape);

  test("a layer's norm is a group's, of one position and one group", () => {
    const x = ramp([4, channels]);
    const [scale, offset] = [tf.linspace(1, 2, channels), tf.linspace(-1, 1, channels)];
    expect(layerNorm(x, scale, offset)).toBeAllclose(groupNorm(x, scale, offset, { groups: 1 }));
  });

  test("as many groups as channels normalise each channel of each image", () => {
    const x = ramp([2, 4, 3, channels]);
    const y = groupNorm(x, ones(), zeros(), { groups: channels, epsilon: 0 });
    expect(y.mean([1, 2])).toBeAllclose(tf.zeros([2, channels]), { absolute: 1e-5 });
    expect(y.square().mean([1, 2])).toBeAllclose(tf.ones([2, channels]), { relative: 1e-4 });
  });

  test("differences survive a mean far from zero", () => {
    const small = tf.tensor2d([[0, 1, 2, 3, 4, 5]]);
    const wanted = layerNorm(small, ones(), zeros());
    expect(layerNorm(small.add(1e6), ones(), zeros())).toBeAllclose(wanted, { absolute: 1e-4 });
    expect(groupNorm(small.add(1e6), ones(), zeros(), { groups: 1 })).toBeAllclose(wanted, { absolute: 1e-4 });
  });

  test("leak no tensor, inside and outside the tape", () => {
    const [x, scale, offset] = [ramp([2, 3, channels]), ones(), zeros()];
    expect(() => layerNorm(x, scale, offset).dispose()).not.toLeak();
    expect(() => groupNorm(x, scale, offset, { groups: 2 }).dispose()).not.toLeak();
    const loss = (x: tf.Tensor, s: tf.Tensor, o: tf.Tensor) =>
      groupNorm(layerNorm(x, s as tf.Tensor1D, o as tf.Tensor1D), s as tf.Tensor1D, o as tf.Tensor1D, {
        groups: 3,
      }).sum();
    expect(() => tf.dispose(tf.grads(loss)([x, scale, offset]))).not.toLeak();
  });

  test("groups that do not divide the channels are refused", () => {
    expect(() => groupNorm(ramp([2, channels]), ones(), zeros(), { groups: 4 })).toThrow(
      'option "groups" must be a divisor of the 6 channels, received 4',
    );
  });
});
