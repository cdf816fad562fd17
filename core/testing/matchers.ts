/** Matchers for tensors, in the form that vitest and jest share. */
import * as tf from "@tensorflow/tfjs";
import { countTensors } from "../models/derived.js";

/** Numbers in any shape: a tensor, a typed array, nested arrays, one number. */
export type Numbers = tf.Tensor | ArrayLike<number> | number | readonly Numbers[];

export interface Tolerance {
  /** Of the expected value. Default 1e-5. */
  readonly relative?: number;
  /** Default 1e-6. */
  readonly absolute?: number;
}

/** What the matchers add to `expect(…)`; `R` is what the test runner's matchers return. */
export interface TensorMatchers<R = void> {
  /**
   * Every number is within `absolute + relative · |expected|` of the expected one, and where both sides have a shape, the
   * shapes agree. NaN equals NaN.
   */
  toBeAllclose(expected: Numbers, tolerance?: Tolerance): R;
  /** Calling the function changes the number of tensors, those that a model keeps for itself apart. Await it if the function is async. */
  toLeak(): R | Promise<R>;
}

interface Verdict {
  readonly pass: boolean;
  message(): string;
}

/**
 * For `expect.extend`. Name their types once in your tests:
 *
 * @example
 * import { expect } from "vitest";
 * import { tensorMatchers, type TensorMatchers } from "fgkd/testing";
 * declare module "vitest" { interface Matchers<T> extends TensorMatchers<T> {} }
 * expect.extend(tensorMatchers);
 */
export const tensorMatchers = {
  toBeAllclose(received: Numbers, expected: Numbers, tolerance: Tolerance = {}): Verdict {
    const problem = difference(received, expected, tolerance);
    return {
      pass: problem === null,
      message: () => problem ?? "expected the numbers to differ, but they are all close",
    };
  },
  toLeak(received: () => unknown): Verdict | Promise<Verdict> {
    const before = countTensors();
    const judge = (): Verdict => {
      const growth = countTensors() - before;
      const verb = growth > 0 ? "left behind" : "freed beyond its own";
      return {
        pass: growth !== 0,
        message: () =>
          growth === 0 ? "expected a leak" : `expected no leak, but ${Math.abs(growth)} tensors were ${verb}`,
      };
    };
    const result = received();
    return result instanceof Promise ? result.then(judge) : judge();
  },
};

function difference(
  received: Numbers,
  expected: Numbers,
  { relative = 1e-5, absolute = 1e-6 }: Tolerance,
): string | null {
  const [got, want] = [flatten(received), flatten(expected)];
  const [gotShape, wantShape] = [shapeOf(received), shapeOf(expected)];
  const shapesDiffer = gotShape && wantShape && String(gotShape) !== String(wantShape);
  if (shapesDiffer || got.length !== want.length)
    return `expected shape [${wantShape ?? want.length}], received [${gotShape ?? got.length}]`;
  let [worst, place] = [0, -1];
  let wrong = 0;
  for (let index = 0; index < want.length; index++) {
    const [a, b] = [got[index] as number, want[index] as number];
    if (Object.is(a, b) || a === b) continue;
    const excess = Math.abs(a - b) / (absolute + relative * Math.abs(b));
    if (excess <= 1) continue;
    wrong += 1;
    // NaN compares false with everything: where one side is NaN, that place is the worst.
    if (!(excess <= worst)) [worst, place] = [excess, index];
  }
  if (wrong === 0) return null;
  return `${wrong} of ${want.length} numbers differ; most at ${place}: expected ${want[place]}, received ${got[place]} (relative ${relative}, absolute ${absolute})`;
}

/** `null` where only the number of values is known: a flat array may hold the values of any shape. */
function shapeOf(numbers: Numbers): readonly number[] | null {
  if (numbers instanceof tf.Tensor) return numbers.shape;
  return Array.isArray(numbers) && Array.isArray(numbers[0]) ? sidesOf(numbers) : null;
}

function sidesOf(nested: readonly unknown[]): readonly number[] {
  return [nested.length, ...(Array.isArray(nested[0]) ? sidesOf(nested[0]) : [])];
}

function flatten(numbers: Numbers): ArrayLike<number> {
  if (numbers instanceof tf.Tensor) return numbers.dataSync();
  if (typeof numbers === "number") return [numbers];
  // What is left is an array of numbers, or of arrays of them.
  return Array.from(numbers as readonly Numbers[]).flatMap((part) =>
    typeof part === "number" ? part : Array.from(flatten(part)),
  );
}
