import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, test } from "vitest";
import { hasGpu, startGpu } from "../../../support/gpu.js";
import { expectSame, normals, withHoles } from "./compare.js";

type Four = tf.Tensor4D;

const x = () => withHoles([3, 4, 5]);
const images = () => withHoles([2, 5, 4, 3]) as Four;
const gradient = (f: (x: tf.Tensor) => tf.Tensor, of: tf.Tensor) => {
  const y = f(of);
  return tf.grad(f)(of, normals(y.shape, "dy"));
};
/** What networks, losses, augmenters and optimisers ask for beside the kernels of this engine's own. */
const operations: Readonly<Record<string, () => tf.Tensor[]>> = {
  "an argument of the greatest": () => [tf.argMax(normals([4, 9]), 1), tf.argMax(normals([4, 9]), 0)],
  "batch normalisation of tfjs": () => {
    const of = (seed: string) => normals([3], seed).abs().add(0.5) as tf.Tensor1D;
    return [tf.batchNorm(images(), of("mean"), of("variance"), of("offset"), of("scale"), 1e-3)];
  },
  comparisons: () =>
    [tf.equal, tf.notEqual, tf.greater, tf.greaterEqual, tf.less, tf.lessEqual].flatMap((compare) => [
      compare(x(), normals([3, 4, 5])),
      compare(x(), 0),
    ]),
  "concatenations and stacks": () => [
    tf.concat([x(), normals([3, 4, 2])], 2),
    tf.concat([x(), normals([1, 4, 5])], 0),
    tf.stack([x(), normals([3, 4, 5])], 1),
  ],
  "copies side by side": () => [tf.tile(x(), [2, 1, 3]), tf.broadcastTo(normals([4, 1]), [3, 4, 5])],
  "ELUs and their gradients": () => [tf.elu(normals([9, 3])), gradient(tf.elu, normals([9, 3]))],
  gatherings: () => [tf.gather(x(), tf.tensor1d([2, 0, 2], "int32"), 1)],
  "hyperbolic tangents": () => [tf.tanh(normals([50]).mul(4)), gradient(tf.tanh, normals([30]))],
  "logical operations": () => {
    const [a, b] = [normals([20], "a").greater(0), normals([20], "b").greater(0)];
    return [tf.logicalAnd(a, b), tf.logicalOr(a, b), tf.logicalNot(a)];
  },
  "one-hot vectors": () => [tf.oneHot(tf.tensor1d([2, 0, 1], "int32"), 4)],
  paddings: () => [
    tf.pad(x(), [
      [0, 1],
      [2, 0],
      [1, 1],
    ]),
    tf.pad(
      images(),
      [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ],
      -1,
    ),
  ],
  reversals: () => [tf.reverse(x(), 1), tf.reverse(images(), [1, 2])],
  "slices and parts": () => [tf.slice(x(), [1, 0, 2], [2, 3, 2]), ...tf.split(x(), 2, 1)],
  transpositions: () => [
    tf.transpose(x(), [2, 0, 1]),
    tf.transpose(images(), [1, 0, 2, 3]),
    tf.transpose(normals([33, 17])),
    tf.transpose(normals([2, 3, 2, 2, 4]), [4, 1, 0, 3, 2]),
  ],
  "zeros and ones": () => [tf.zerosLike(x()), tf.onesLike(x()), tf.fill([3], 2.5)],
};

describe.skipIf(!hasGpu)("on the engine webgpu", () => {
  beforeAll(startGpu);

  test.each(Object.keys(operations))(
    "%s are those of the JavaScript backend, of what is no number too",
    async (name) => {
      await expectSame(operations[name] as () => tf.Tensor[], 2e-6);
    },
  );
});
