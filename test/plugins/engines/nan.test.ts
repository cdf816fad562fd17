/**
 * What is no number stays none, on every engine alike: a network whose values have broken down must not look sound on one
 * of them. Plain JavaScript, the engine `cpu`, says what is right.
 */
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import { addRelu, conv2d, gelu } from "../../../core/ops/index.js";
import { engineNames, startEngine } from "../../support/engines.js";

/**
 * NaN in places that a loop over 4, 8 or 16 values at a time reaches in its body, and in its rest. No ±1, of whose powers
 * C says that they are 1 whatever the exponent.
 */
const values = Array.from({ length: 83 }, (_, index) =>
  index % 9 === 4 ? Number.NaN : (((index * 37) % 29) - 14) / 7.5,
);

type Unary = (x: tf.Tensor) => tf.Tensor;
type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

const column = (x: tf.Tensor) => x.reshape<tf.Tensor4D>([1, values.length, 1, 1]);
const one = () => tf.ones<tf.Rank.R4>([1, 1, 1, 1]);
const fused = (x: tf.Tensor, activation: tf.fused.Activation) =>
  tf.fused.conv2d({ x: column(x), filter: one(), strides: 1, pad: "valid", activation });

const unary: Readonly<Record<string, Unary>> = {
  ...{ abs: tf.abs, neg: tf.neg, square: tf.square, sqrt: tf.sqrt, rsqrt: tf.rsqrt, reciprocal: tf.reciprocal },
  ...{ exp: tf.exp, expm1: tf.expm1, log: tf.log, log1p: tf.log1p, sigmoid: tf.sigmoid, tanh: tf.tanh },
  ...{ relu: tf.relu, relu6: tf.relu6, leakyRelu: tf.leakyRelu, elu: tf.elu, selu: tf.selu, softplus: tf.softplus },
  ...{ erf: tf.erf, step: tf.step, sign: tf.sign, floor: tf.floor, ceil: tf.ceil, round: tf.round },
  ...{ sin: tf.sin, cos: tf.cos, tan: tf.tan, asin: tf.asin, acos: tf.acos, atan: tf.atan, isNaN: tf.isNaN },
  ...{ sinh: tf.sinh, cosh: tf.cosh, asinh: tf.asinh, acosh: tf.acosh, atanh: tf.atanh, isFinite: tf.isFinite },
  clip: (x) => x.clipByValue(-1, 1),
  bool: (x) => x.cast("bool"),
  gelu,
  "addRelu with finite values": (x) => addRelu(x, tf.onesLike(x)),
  "a convolution with a ReLU": (x) => conv2d(column(x), one(), { relu: true }),
  "a convolution of channels with a ReLU": (x) =>
    conv2d(tf.stack([x, x, x], -1).reshape<tf.Tensor4D>([1, values.length, 1, 3]), tf.ones([1, 1, 3, 2]), {
      relu: true,
    }),
  "a convolution with a ReLU6": (x) => fused(x, "relu6"),
  "a depthwise convolution with a ReLU": (x) =>
    tf.fused.depthwiseConv2d({ x: column(x), filter: one(), strides: 1, pad: "valid", activation: "relu" }),
  "a matrix product with a ReLU": (x) =>
    tf.fused.matMul({ a: x.reshape([values.length, 1]), b: tf.ones([1, 1]), activation: "relu" }),
};

/** `floorDiv` is left out: tfjs makes integers of its result on some engines, and of those none is NaN. */
const binary: Readonly<Record<string, Binary>> = {
  ...{ add: tf.add, sub: tf.sub, mul: tf.mul, div: tf.div, maximum: tf.maximum, minimum: tf.minimum, pow: tf.pow },
  ...{ squaredDifference: tf.squaredDifference, prelu: tf.prelu, mod: tf.mod, divNoNan: tf.divNoNan, atan2: tf.atan2 },
  ...{ equal: tf.equal, notEqual: tf.notEqual, less: tf.less, lessEqual: tf.lessEqual, greater: tf.greater },
  greaterEqual: tf.greaterEqual,
};

/** In words that can be compared: engines may differ in last bits, not in these. */
function kinds(x: tf.Tensor): readonly string[] {
  return Array.from(x.dataSync(), (value) => {
    if (Number.isFinite(value)) return value === 0 ? "0" : value > 0 ? "above 0" : "below 0";
    return String(value);
  });
}

async function kindsOn(engine: (typeof engineNames)[number], compute: () => tf.Tensor): Promise<readonly string[]> {
  await startEngine(engine);
  const result = tf.tidy(compute);
  const found = kinds(result);
  result.dispose();
  return found;
}

const forwards = () => tf.tensor1d(values);
const backwards = () => tf.tensor1d([...values].reverse());

describe.each(engineNames)("on %s, what is no number", (engine) => {
  beforeAll(() => startEngine(engine));

  test.each(Object.entries(unary))("is the same to %s as in plain JavaScript", async (_name, apply) => {
    const compute = () => apply(forwards());
    expect(await kindsOn(engine, compute)).toEqual(await kindsOn("cpu", compute));
  });

  test.each(Object.entries(unary).filter(([name]) => !/^is|bool/.test(name)))(
    "is the same to the gradient of %s",
    async (_name, apply) => {
      const compute = () => tf.grad((x: tf.Tensor) => apply(x).sum())(forwards());
      expect(await kindsOn(engine, compute)).toEqual(await kindsOn("cpu", compute));
    },
  );

  test.each(Object.entries(binary))("is the same to %s on either side", async (_name, apply) => {
    for (const compute of [
      () => apply(forwards(), backwards()),
      () => apply(forwards(), tf.scalar(0.5)),
      () => apply(tf.fill([values.length], 0.5), backwards()),
    ])
      expect(await kindsOn(engine, compute)).toEqual(await kindsOn("cpu", compute));
  });

  test("is still none after a ReLU, however that is run", async () => {
    const expected = values.map((value) => Number.isNaN(value));
    for (const apply of [
      tf.relu,
      unary["a convolution with a ReLU"],
      unary["a matrix product with a ReLU"],
    ] as Unary[]) {
      await startEngine(engine);
      const result = tf.tidy(() => Array.from(apply(forwards()).dataSync(), Number.isNaN));
      expect(result).toEqual(expected);
    }
  });
});
