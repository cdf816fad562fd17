import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../../../core/index.js";
import { resizedMaps, spatialAttention, standardizedMaps } from "../../../core/ops/index.js";
import { gradientError } from "../../../core/testing/index.js";
import { engineNames, startEngine } from "../../support/engines.js";
import "../../support/matchers.js";

const normals = (seed: string, ...shape: number[]) =>
  tf.tensor(createRandom(seed).normals(shape.reduce((size, side) => size * side, 1)), shape);

describe.each(engineNames)("attention maps on %s", (engine) => {
  beforeAll(() => startEngine(engine));

  test("weigh each channel by its mean, as the definition written naively does", () => {
    const features = normals("features", 2, 3, 4, 5) as tf.Tensor4D;
    const channels = tf.unstack(features, 3).map((channel) => channel.mul(channel.mean([1, 2], true)));
    expect(spatialAttention(features)).toBeAllclose(tf.addN(channels).div(5), { absolute: 1e-6 });
  });

  test("are standardised image by image, with the unbiased deviation", () => {
    const z = standardizedMaps(tf.tensor3d([1, 2, 3, 4, 10, 30, 10, 30], [2, 2, 2]));
    const first = [-1.5, -0.5, 0.5, 1.5].map((value) => value / Math.sqrt(5 / 3));
    const second = [-10, 10, -10, 10].map((value) => value / Math.sqrt(400 / 3));
    expect(z).toBeAllclose(tf.tensor3d([...first, ...second], [2, 2, 2]));
  });

  test("have a deviation of 1 over the positions, not over one less, where that is asked for", () => {
    const z = standardizedMaps(tf.tensor3d([1, 2, 3, 4], [1, 2, 2]), "population");
    const expected = [-1.5, -0.5, 0.5, 1.5].map((value) => value / Math.sqrt(5 / 4));
    expect(z).toBeAllclose(tf.tensor3d(expected, [1, 2, 2]));
  });

  test.each<[number, number]>([
    [7, 9],
    [2, 3],
    [1, 1],
    [4, 12],
  ])("resized to %i × %i are what tfjs' bilinear resize by half pixels makes of them", (height, width) => {
    const maps = normals("maps", 2, 4, 5) as tf.Tensor3D;
    const wanted = tf.image.resizeBilinear(maps.expandDims(3) as tf.Tensor4D, [height, width], false, true);
    expect(resizedMaps(maps, height, width)).toBeAllclose(wanted.squeeze([3]), { absolute: 1e-5 });
  });

  test("become 0 where they are constant, with a finite gradient", () => {
    const maps = tf.tensor3d([7, 7, 7, 7, 0, 0, 0, 1], [2, 2, 2]);
    expect(standardizedMaps(maps).slice([0, 0, 0], [1, 2, 2])).toBeAllclose(tf.zeros([1, 2, 2]));
    expect(standardizedMaps(tf.ones([1, 1, 1]))).toBeAllclose(tf.zeros([1, 1, 1]));
    const gradient = tf.grad((x) =>
      standardizedMaps(x as tf.Tensor3D)
        .square()
        .sum(),
    )(maps);
    expect([...gradient.dataSync()].every(Number.isFinite)).toBe(true);
  });

  test("have the gradients that finite differences give", () => {
    expect(gradientError((x) => spatialAttention(x as tf.Tensor4D), [normals("f", 2, 3, 3, 4)])).toBeLessThan(2e-3);
    for (const estimator of ["unbiased", "population"] as const)
      expect(gradientError((x) => standardizedMaps(x as tf.Tensor3D, estimator), [normals("m", 2, 4, 3)])).toBeLessThan(
        2e-3,
      );
  });

  test("leak no tensor, inside and outside the tape", () => {
    const features = normals("features", 1, 2, 2, 3) as tf.Tensor4D;
    const map = () => tf.tidy(() => standardizedMaps(spatialAttention(features)));
    expect(() => map().dispose()).not.toLeak();
    expect(() =>
      tf
        .grad((x) => standardizedMaps(spatialAttention(x as tf.Tensor4D)).sum())(features)
        .dispose(),
    ).not.toLeak();
  });
});
