import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { releaseEarly } from "../../../core/passes/release-early.js";
import { startEngine } from "../../support/engines.js";

beforeAll(() => startEngine("cpu"));

type Loss = (x: tf.Tensor2D, w: tf.Variable) => tf.Scalar;

/** Gradients of every variable with and without early release, from the same start. */
function gradients(loss: (w: tf.Variable[]) => tf.Scalar, count: number, early: boolean): number[][] {
  return tf.tidy(() => {
    const variables = Array.from({ length: count }, (_, i) =>
      tf.variable(tf.linspace(-1 - i / 3, 1 + i / 5, 9).reshape([3, 3])),
    );
    const { grads } = tf.variableGrads(() => {
      const value = loss(variables);
      if (early) releaseEarly(value, variables);
      return value;
    }, variables);
    const values = variables.map((variable) => [...(grads[variable.name]?.dataSync() ?? [])]);
    tf.dispose(variables);
    return values;
  });
}

/** What it returns for a value's gradient is the very tensor that it was given, or another that lives on. */
const passOn = tf.customGrad((x) => ({
  value: (x as tf.Tensor).clone(),
  gradFunc: (dy: tf.Tensor) => dy,
})) as (x: tf.Tensor) => tf.Tensor;
const share = tf.customGrad((a, b) => ({
  value: (a as tf.Tensor).add(b as tf.Tensor),
  gradFunc: (dy: tf.Tensor) => [dy, dy],
})) as (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;
const saves = tf.customGrad((x, save) => {
  (save as unknown as (tensors: tf.Tensor[]) => void)([x as tf.Tensor]);
  return { value: (x as tf.Tensor).square().div(2), gradFunc: (_dy: tf.Tensor, [x]: tf.Tensor[]) => x as tf.Tensor };
}) as (x: tf.Tensor) => tf.Tensor;

const at = (variables: readonly tf.Variable[], index: number) => variables[index] as tf.Tensor;

const losses: Readonly<Record<string, (variables: tf.Variable[]) => tf.Scalar>> = {
  "a chain": (w) => at(w, 0).tanh().matMul(at(w, 1)).relu().sum().asScalar(),
  "a residual": (w) => {
    const first = at(w, 0).matMul(at(w, 1)).relu();
    const second = first.add(first.matMul(at(w, 2)));
    return second.add(second.square()).mean().asScalar();
  },
  "a variable used three times": (w) => at(w, 0).matMul(at(w, 0)).add(at(w, 0)).sum().asScalar(),
  "gradients handed on as they are": (w) =>
    passOn(passOn(at(w, 0)).matMul(at(w, 1)))
      .sum()
      .asScalar(),
  "one gradient for two values": (w) =>
    share(share(at(w, 0), at(w, 1)), at(w, 2).exp())
      .square()
      .sum()
      .asScalar(),
  "one gradient for a value twice": (w) => {
    const y = at(w, 0).exp();
    return share(y, passOn(y)).square().sum().asScalar();
  },
  "a saved tensor as a gradient": (w) =>
    saves(at(w, 0).mul(at(w, 1)))
      .sum()
      .asScalar(),
  "several outputs": (w) => {
    const [left, right] = at(w, 0).mul(at(w, 1)).split([1, 2], 1) as [tf.Tensor, tf.Tensor];
    return left.mean().add(right.square().sum()).asScalar();
  },
  "what no gradient passes": (w) => {
    const statistics = at(w, 0).square().mean();
    const constant = tf.ones([3, 3]).exp().square();
    return at(w, 0).mul(constant).add(statistics.mul(0).toInt().toFloat()).sum().asScalar();
  },
  "a gradient inside": (w) => {
    const slope = tf.grad((x: tf.Tensor) => x.square().mul(x).sum());
    return slope(at(w, 0)).mul(at(w, 1)).sum().asScalar();
  },
};

describe("letting go of the tape while gradients go back", () => {
  test.each(Object.entries(losses))("leaves the gradients as they are: %s", (_name, loss) => {
    expect(gradients(loss, 3, true)).toEqual(gradients(loss, 3, false));
  });

  test("leaves no tensor behind, and frees none of others", () => {
    for (const loss of Object.values(losses)) {
      const before = tf.memory().numTensors;
      gradients(loss, 3, true);
      expect(tf.memory().numTensors).toBe(before);
    }
  });

  test("keeps what lives beyond the step", () => {
    const constant = tf.ones([3, 3]);
    const kept = tf.keep(tf.ones([3, 3]));
    const constantly = tf.customGrad((x) => ({
      value: (x as tf.Tensor).clone(),
      gradFunc: () => constant,
    })) as (x: tf.Tensor) => tf.Tensor;
    gradients((w) => constantly(at(w, 0).exp()).mul(kept).sum().asScalar(), 1, true);
    expect([constant.isDisposed, kept.isDisposed]).toEqual([false, false]);
    tf.dispose([constant, kept]);
  });

  test("needs no more memory at its end than at its beginning", () => {
    const depth = 12;
    const chain =
      (early: boolean): Loss =>
      (x, w) => {
        let y: tf.Tensor2D = x;
        for (let layer = 0; layer < depth; layer++) y = y.matMul(w as unknown as tf.Tensor2D).tanh() as tf.Tensor2D;
        const loss = y.sum().asScalar();
        if (early) releaseEarly(loss, [w]);
        return loss;
      };
    const most = (early: boolean) => {
      const x = tf.ones([64, 64]) as tf.Tensor2D;
      const w = tf.variable(tf.zeros([64, 64]));
      const before = tf.memory().numDataBuffers;
      let peak = 0;
      const kernels = tf
        .getKernelsForBackend("cpu")
        .filter(({ kernelName }) => kernelName === "_FusedMatMul" || kernelName === "BatchMatMul");
      for (const { kernelFunc, ...kernel } of kernels) {
        tf.unregisterKernel(kernel.kernelName, "cpu");
        tf.registerKernel({
          ...kernel,
          kernelFunc: (call) => {
            peak = Math.max(peak, tf.memory().numDataBuffers);
            return kernelFunc(call);
          },
        });
      }
      tf.dispose(tf.variableGrads(() => chain(early)(x, w), [w]));
      for (const kernel of kernels) {
        tf.unregisterKernel(kernel.kernelName, "cpu");
        tf.registerKernel(kernel);
      }
      tf.dispose([x, w]);
      return peak - before;
    };
    expect(most(true)).toBeLessThan(0.7 * most(false));
  });
});
