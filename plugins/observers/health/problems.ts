/** What is wrong with generated images, in words. */
import { type ClassStatistics, expectedClasses, type ImageStatistics } from "./statistics.js";

/** Something a user should know of, once. */
export interface Problem {
  readonly kind: "classes" | "alike" | "saturated";
  readonly words: string;
}

/** Fewer images say little about shares. */
const fewest = 8;
/** Levels of 255: less is hardly visible from one image to the next. */
const leastSpread = 5;
/** Percent: when most colours stand at a bound of the `tanh`, most of its gradient is 0. */
const mostSaturated = 50;

/**
 * Looks for mode collapse.
 *
 * - One class has its fair share and more than half of the rest: above 55 percent for ten classes, 75 for two. In 32 fair draws
 *   chance does that to two classes in two of a thousand looks, and to ten next to never.
 * - Fewer than half as many classes come up as would in as many fair draws: of 200 classes, 64 images show 55 on average.
 * - The images differ by less than 5 levels of 255 from each other (standard deviation, mean over pixels).
 * - More than half of all colour values are 0 or 255.
 *
 * @param names of the classes, in label order
 * @param option where the weights of the generator's losses are set: `stages.generator.options`
 */
export function problemsOf(
  { counts, seen, largest, largestShare }: ClassStatistics,
  { spread, saturated, meanAbsolute }: ImageStatistics,
  names: readonly string[],
  option: string,
): readonly Problem[] {
  const images = counts.reduce((sum, count) => sum + count, 0);
  const classes = counts.length;
  const remedy = `Try a higher weight of class balance (--set ${option}.class-priors.balance=…), or a warm-up of the generator before the student takes part.`;
  const problems: Problem[] = [];
  const add = (kind: Problem["kind"], words: string) => problems.push({ kind, words });
  if (classes > 1 && images >= fewest) {
    const expected = expectedClasses(classes, images);
    if (largestShare > 50 + 50 / classes)
      add(
        "classes",
        `the generator has collapsed: the teacher takes ${counts[largest]} of ${images} generated images for "${names[largest]}", one of ${classes} classes. ${remedy}`,
      );
    else if (seen < expected / 2)
      add(
        "classes",
        `the generator has collapsed: in ${images} generated images the teacher sees ${seen} of ${classes} classes (${mostOf(counts, names)}), where a fair generator would show ${Math.round(expected)}. ${remedy}`,
      );
  }
  if (images > 1 && spread < leastSpread)
    add(
      "alike",
      `the generated images are nearly all alike: from one to the next a colour differs by ${spread.toFixed(1)} of 255 levels (standard deviation), whatever noise they are made from. Try a lower learning rate of the generator (--set ${rate(option)}=…), or the weights of its losses under ${option}.`,
    );
  if (saturated > mostSaturated)
    add(
      "saturated",
      `the generated images saturate: ${saturated.toFixed(0)} % of their colour values are 0 or 255 (mean |x| ${meanAbsolute.toFixed(2)}, at most 1), where the generator learns nothing. Try a lower learning rate (--set ${rate(option)}=…), or a higher weight of the statistics of real images (--set ${option}.batch-norm-statistics.weight=…).`,
    );
  return problems;
}

/** `stages.generator.optimizer.learningRate` */
function rate(option: string): string {
  return option.replace(/options$/, "optimizer.learningRate");
}

/** The five classes seen most often, with percentages. */
function mostOf(counts: readonly number[], names: readonly string[]): string {
  const images = counts.reduce((sum, count) => sum + count, 0);
  const seen = counts.flatMap((count, label) => (count > 0 ? [{ count, label }] : []));
  const most = seen.sort((a, b) => b.count - a.count).slice(0, 5);
  return most.map(({ count, label }) => `${names[label]} ${((100 * count) / images).toFixed(0)} %`).join(", ");
}
