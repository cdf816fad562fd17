import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../../../core/index.js";
import { spatialAttention, standardizedMaps } from "../../../core/ops/index.js";
import { adaptiveWeight, orthogonalLoss } from "../../../plugins/losses/orthogonal-loss.js";
import { engineNames, startEngine } from "../../support/engines.js";
import "../../support/matchers.js";
import { goldenLosses } from "./golden.js";
import { expectGolden } from "./golden-cases.js";

/** Channel by channel, as the specification writes them. */
function features(...images: number[][][][]): tf.Tensor4D {
  return tf.tensor4d(images).transpose<tf.Tensor4D>([0, 2, 3, 1]);
}

const maps = (...teachers: tf.Tensor4D[]) => tf.stack(teachers.map(spatialAttention)) as tf.Tensor4D;
const number = (scalar: tf.Scalar) => scalar.dataSync()[0] as number;

describe.each(engineNames)("orthogonal loss on %s", (engine) => {
  beforeAll(() => startEngine(engine));

  test.each(goldenLosses("orthogonal"))("equals the golden value and gradient, case %#", expectGolden);

  test("gives the specification's maps, values and weight", () => {
    const student = features(
      [
        [
          [1, 2],
          [0, 1],
        ],
        [
          [0, 1],
          [3, 0],
        ],
      ],
      [
        [
          [2, 0],
          [1, 1],
        ],
        [
          [1, 1],
          [0, 4],
        ],
      ],
    );
    const teacher = features(
      [
        [
          [0, 1],
          [2, 2],
        ],
        [
          [1, 0],
          [1, 3],
        ],
      ],
      [
        [
          [1, 3],
          [0, 0],
        ],
        [
          [2, 0],
          [1, 1],
        ],
      ],
    );
    expect(spatialAttention(student)).toBeAllclose(tf.tensor3d([0.5, 1.5, 1.5, 0.5, 1.75, 0.75, 0.5, 3.5], [2, 2, 2]));
    expect(spatialAttention(teacher)).toBeAllclose(
      tf.tensor3d([0.625, 0.625, 1.875, 3.125, 1.5, 1.5, 0.5, 0.5], [2, 2, 2]),
    );
    const half = 0.8660254038;
    const [zStudent, zTeacher] = [student, teacher].map((maps) => standardizedMaps(spatialAttention(maps))) as [
      tf.Tensor3D,
      tf.Tensor3D,
    ];
    expect(zStudent).toBeAllclose(
      tf.tensor3d([-half, half, half, -half, 0.0917985092, -0.6425895644, -0.8261865828, 1.3769776381], [2, 2, 2]),
      { absolute: 1e-6 },
    );
    expect(zTeacher).toBeAllclose(
      tf.tensor3d([-0.7833494518, -0.7833494518, 0.2611164839, 1.3055824197, half, half, -half, -half], [2, 2, 2]),
      { absolute: 1e-6 },
    );
    const each = [0, 1].map((image) => {
      const one = (maps: tf.Tensor4D) => maps.slice([image, 0, 0, 0], [1, 2, 2, 2]) as tf.Tensor4D;
      return number(orthogonalLoss(one(student), maps(one(teacher))));
    });
    expect(each).toBeAllclose([0.22613351, 0.31799936], { absolute: 1e-6 });
    const loss = orthogonalLoss(student, maps(teacher));
    expect(Math.abs(number(loss) - 0.2720664362)).toBeLessThan(1e-6);
    const weight = adaptiveWeight(tf.scalar(2), loss, 0.5);
    expect(Math.abs(number(weight) - 3.6755728)).toBeLessThan(1e-5);
    expect(2 + number(weight) * number(loss)).toBeCloseTo(3, 5);
  });

  test("is about 0.318 for maps that have nothing to do with each other", () => {
    // One channel of mean 1, so that the attention map is the channel itself.
    const noise = (seed: string) =>
      tf.tidy(() => {
        const values = tf.tensor4d(createRandom(seed).normals(40 * 196), [40, 14, 14, 1]);
        return values.sub<tf.Tensor4D>(values.mean([1, 2], true)).add<tf.Tensor4D>(1);
      });
    expect(Math.abs(number(orthogonalLoss(noise("a"), maps(noise("b")))) - 0.318)).toBeLessThan(0.01);
  });

  test("resizes a teacher's map of another size before it standardises it", () => {
    const student = tf.tensor4d(createRandom(1).normals(2 * 4 * 4 * 3), [2, 4, 4, 3]);
    const small = tf.tensor4d(createRandom(2).normals(8), [1, 2, 2, 2]);
    const fitting = tf.image.resizeBilinear(small.reshape<tf.Tensor4D>([2, 2, 2, 1]), [4, 4], false, true);
    const expected = standardizedMaps(fitting.squeeze([3])).abs();
    const z = standardizedMaps(spatialAttention(student)).relu();
    expect(orthogonalLoss(student, small)).toBeAllclose(z.mul(expected).mean());
  });

  test("is finite, with its gradient, where the student is dead", () => {
    const teachers = maps(tf.tensor4d(createRandom(2).normals(8), [1, 2, 2, 2]));
    const { value, grad } = tf.valueAndGrad((x: tf.Tensor4D) => {
      const penalty = orthogonalLoss(x, teachers);
      return penalty.mul(adaptiveWeight(tf.scalar(2), penalty, 0.5));
    })(tf.zeros([1, 2, 2, 2]));
    expect(number(value as tf.Scalar)).toBe(0);
    expect([...(grad as tf.Tensor).dataSync()].every(Number.isFinite)).toBe(true);
  });
});
