import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { setRecorder } from "../../../core/ops/recording.js";
import { differentiatedBy } from "../../../core/passes/differentiated.js";
import { repeated } from "../../../core/passes/repeated-function.js";
import { onednnRecorder, startOnednn } from "../../../plugins/engines/onednn/index.js";
import { hasOnednn } from "../../support/engines.js";

/** The value of a loss of `x`, and its gradient. */
function step(x: tf.Variable, loss: () => tf.Scalar): readonly number[] {
  return tf.tidy(() => {
    const { value, grads } = differentiatedBy([x], () => tf.variableGrads(loss, [x]));
    return [...value.dataSync(), ...(grads[x.name] as tf.Tensor).dataSync()];
  });
}

const steps = Array.from({ length: 8 }, (_, at) => at);

describe.skipIf(!hasOnednn)("a function that is repeated within a gradient", () => {
  const x = tf.tidy(() => tf.variable(tf.tensor1d([1, -2, 3])));
  let ran = 0;
  const squares = (key: string) =>
    repeated<tf.Scalar>(key, { x }, () => {
      ran++;
      return tf.tidy(() => x.square().mul(2).mean<tf.Scalar>());
    });

  beforeAll(async () => {
    await startOnednn();
    setRecorder(onednnRecorder());
  });
  afterAll(() => setRecorder(undefined));

  test("computes the bytes of its operations, without them from the fourth time on", () => {
    const plain = step(x, () => tf.tidy(() => x.square().mul(2).mean<tf.Scalar>()));
    ran = 0;
    for (const _ of steps) expect(step(x, () => squares("squares"))).toEqual(plain);
    expect(ran).toBeLessThan(steps.length / 2);
  });

  test("may be asked for its gradient long after it was first asked for its value", () => {
    const alone = () => {
      squares("late").dispose();
      return x.sum<tf.Scalar>();
    };
    const wanted = step(x, () => x.sum<tf.Scalar>().add<tf.Scalar>(x.square().mul(2).mean()));
    for (const _ of steps) step(x, alone);
    for (const _ of steps) expect(step(x, () => x.sum<tf.Scalar>().add<tf.Scalar>(squares("late")))).toEqual(wanted);
  });
});
