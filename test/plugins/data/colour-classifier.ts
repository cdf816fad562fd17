/** What colour alone can do: a linear classifier of colour histograms, with no idea of shape or place. */
import type { Pixels } from "../../../plugins/transforms/pixels/pixels.js";

/** Square roots of the shares of 64 colours (four levels a channel). */
export function colourHistogram({ data }: Pixels): readonly number[] {
  const counts = new Array<number>(64).fill(0);
  for (let i = 0; i < data.length; i += 3) {
    const bin = ((data[i] ?? 0) >> 6) * 16 + ((data[i + 1] ?? 0) >> 6) * 4 + ((data[i + 2] ?? 0) >> 6);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts.map((count) => Math.sqrt(count / (data.length / 3)));
}

interface Example {
  readonly features: readonly number[];
  readonly label: number;
}

/** Softmax regression by gradient descent; returns the most probable class. */
export function trainLinear(examples: readonly Example[], classes: number): (features: readonly number[]) => number {
  const weights = Array.from({ length: classes }, () => new Float64Array(65));
  const scores = (features: readonly number[]) =>
    weights.map((row) => {
      let sum = row[64] ?? 0;
      for (let i = 0; i < 64; i++) sum += (features[i] ?? 0) * (row[i] ?? 0);
      return sum;
    });
  for (let round = 0; round < 40; round++) {
    for (let turn = 0; turn < examples.length; turn++) {
      // 601 is prime: every example once, classes in turn.
      const { features, label } = examples[(turn * 601) % examples.length] as Example;
      const powers = scores(features).map(Math.exp);
      const total = powers.reduce((sum, power) => sum + power, 0);
      for (const [c, row] of weights.entries()) {
        const step = 0.1 * ((c === label ? 1 : 0) - (powers[c] ?? 0) / total);
        for (let i = 0; i < 64; i++) row[i] = (row[i] ?? 0) + step * (features[i] ?? 0);
        row[64] = (row[64] ?? 0) + step;
      }
    }
  }
  return (features) => {
    const raw = scores(features);
    return raw.indexOf(Math.max(...raw));
  };
}
