/** How often a model that may be silent answers, and how often it is right where it does. */
import { type AnswerRule, answerBy } from "./answering.js";
import { type Share, shareOf } from "./share.js";

export interface Coverage {
  readonly images: number;
  /** Answers with a class, and how many of them are right. */
  readonly classes: Share;
  /** Answers with a group, by rank, and how many of them hold the true class. */
  readonly ranks: readonly (Share & { readonly rank: string })[];
  /** All of these together. */
  readonly answered: Share;
}

export interface CountedCoverage {
  /**
   * @param probabilities of every class
   * @param answer the class with the largest score
   * @param label the true class
   */
  add(probabilities: Float64Array, answer: number, label: number): void;
  result(): Coverage;
}

/** @param classes names in label order */
export function countCoverage(rule: AnswerRule, classes: readonly string[]): CountedCoverage {
  const [byClass, ...byRank] = [{}, ...rule.ranks].map(() => ({ right: 0, images: 0 }));
  let images = 0;
  return {
    add: (probabilities, answer, label) => {
      images += 1;
      const said = answerBy(rule, probabilities, answer, classes);
      if (said.kind === "unknown") return;
      const at = said.kind === "rank" ? rule.ranks.findIndex(({ rank }) => rank === said.rank) : -1;
      const count = (at < 0 ? byClass : byRank[at]) as { right: number; images: number };
      const expected = at < 0 ? classes[label] : rule.ranks[at]?.groups[label];
      count.images += 1;
      if (said.label === expected) count.right += 1;
    },
    result: () => {
      const all = [byClass as { right: number; images: number }, ...byRank];
      const sum = (key: "right" | "images") => all.reduce((total, one) => total + one[key], 0);
      const [own, ...others] = all.map(({ right, images }) => shareOf(right, images));
      return {
        images,
        classes: own as Share,
        ranks: others.map((share, at) => ({ rank: rule.ranks[at]?.rank as string, ...share })),
        answered: shareOf(sum("right"), sum("images")),
      };
    },
  };
}
