import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { logitDistance, logitMeasures } from "../../../core/ops/index.js";
import { student, teacher } from "../../support/logits.js";

const softmax = (row: readonly number[], temperature: number) => {
  const powers = row.map((value) => Math.exp(value / temperature));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
};
const sumOf = (row: readonly number[], term: (value: number, index: number) => number) =>
  row.reduce((sum, value, index) => sum + term(value, index), 0);
const divergence = (p: readonly number[], q: readonly number[]) =>
  sumOf(p, (value, index) => value * Math.log(value / (q[index] as number)));

/** In double precision, from the definitions. */
const expected = {
  "teacher-first": (z: number[], y: number[], t: number) => t * t * divergence(softmax(y, t), softmax(z, t)),
  "student-first": (z: number[], y: number[], t: number) => t * t * divergence(softmax(z, t), softmax(y, t)),
  l1: (z: number[], y: number[]) => sumOf(z, (value, index) => Math.abs(value - (y[index] as number))) / z.length,
};

describe("the distance of two networks' answers", () => {
  test.each(logitMeasures.flatMap((measure) => [1, 3].map((temperature) => [measure, temperature] as const)))(
    "is told for each image: %s, temperature %d",
    (measure, temperature) => {
      const distances = logitDistance(tf.tensor2d(student), tf.tensor2d(teacher), { measure, temperature });
      expect(distances.shape).toEqual([2]);
      for (const [index, value] of distances.dataSync().entries()) {
        const [z, y] = [student[index] as number[], teacher[index] as number[]];
        expect(Math.abs(value - expected[measure](z, y, temperature))).toBeLessThan(1e-6);
      }
    },
  );
});
