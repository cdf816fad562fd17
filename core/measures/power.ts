/** How many images a test would need to settle what this one leaves open. */
import type { Comparison } from "./paired.js";

/** The normal distribution has so much of its mass below these: 97.5 % for two bounds of 95 %, and 80 %. */
const [OF_ERROR, OF_POWER] = [1.959963984540054, 0.8416212335729143] as const;

/**
 * On how many images two models would have to be tested so that McNemar's test finds their difference, at 5 %, four times out of
 * five, were it as large as it looks here and were they right about different images as often: Connor, Sample size for testing
 * differences in proportions for the paired-sample design, Biometrics 43, 1987.
 *
 * With ψ the share of images that one of the two alone gets right and δ the difference of the accuracies, both between 0 and 1:
 * (1.96 √ψ + 0.84 √(ψ − δ²))² / δ².
 *
 * @returns Infinity where nothing tells them apart
 */
export function imagesToSettle({
  images,
  onlyFirst,
  onlySecond,
}: Pick<Comparison, "images" | "onlyFirst" | "onlySecond">): number {
  const apart = Math.abs(onlySecond - onlyFirst) / images;
  if (!(apart > 0)) return Number.POSITIVE_INFINITY;
  const discordant = (onlyFirst + onlySecond) / images;
  const root = OF_ERROR * Math.sqrt(discordant) + OF_POWER * Math.sqrt(discordant - apart * apart);
  return Math.ceil((root / apart) ** 2);
}
