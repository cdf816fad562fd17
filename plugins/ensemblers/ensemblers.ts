/** Ways to merge several models' answers: what the registry of ensemblers holds. */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import { definePlugin, describeOptions, type Ensembler, invalidOption, type OptionsOf } from "../../core/index.js";
import { weight } from "../layers/option-types.js";

const weightedOwner = "ensembler weighted";

const schema = z.object({
  weights: z
    .array(weight)
    .refine((weights) => weights.some((each) => each > 0), "numbers of at least 0, not all of them 0")
    .readonly()
    .nullable()
    .default(null)
    .describe("One for each member, in order; only their ratios count; null: all the same."),
});

export type WeightedOptions = OptionsOf<typeof schema>;

declare module "../../core/index.js" {
  interface Ensemblers {
    /** The mean of the members' logits. */
    "mean-logits": {};
    /** The mean of the members' probabilities. */
    "mean-probabilities": {};
    /** A weighted mean of the members' probabilities; `fitWeights` finds weights. */
    weighted: WeightedOptions;
    /** The class that most members choose; of equals, the more probable one. */
    "majority-vote": {};
  }
}

/** Registers `mean-logits`, `mean-probabilities`, `weighted` and `majority-vote`. */
export const ensemblers = definePlugin({
  name: "ensemblers",
  defaults: {},
  register({ ensemblers }) {
    ensemblers.register("mean-logits", { defaults: {}, create: () => (members) => mean(members) });
    ensemblers.register("mean-probabilities", { defaults: {}, create: () => meanProbabilities });
    ensemblers.register("weighted", {
      ...describeOptions(weightedOwner, schema),
      create: ({ weights }) => weighted(weights),
    });
    ensemblers.register("majority-vote", { defaults: {}, create: () => majorityVote });
  },
});

function mean(members: readonly tf.Tensor2D[]): tf.Tensor2D {
  return tf.tidy(() => tf.addN([...members]).div(members.length) as tf.Tensor2D);
}

const meanProbabilities = shares((members) => tf.tidy(() => mean(members.map((logits) => logits.softmax()))));

/** Scores whose whole part is the number of votes; probabilities, which are below 1 when halved, decide between equals. */
const majorityVote = shares((members) =>
  tf.tidy(() => {
    const classes = members[0]?.shape[1] ?? 0;
    const votes = members.map((logits) => tf.oneHot(logits.argMax<tf.Tensor1D>(1), classes).toFloat());
    return tf.addN(votes).add<tf.Tensor2D>(meanProbabilities(members).mul(0.5));
  }),
);

function weighted(weights: Required<WeightedOptions>["weights"] = null): Ensembler {
  const total = weights?.reduce((sum, weight) => sum + weight, 0) ?? 1;
  return shares((members) => {
    if (!weights) return meanProbabilities(members);
    if (weights.length !== members.length)
      throw invalidOption(
        weightedOwner,
        "weights",
        `a list of ${members.length}, one for each member`,
        weights,
        "Add the others.",
      );
    return tf.tidy(() =>
      tf.addN(members.map((logits, index) => logits.softmax().mul<tf.Tensor2D>((weights[index] as number) / total))),
    );
  });
}

function shares(merge: (members: readonly tf.Tensor2D[]) => tf.Tensor2D): Ensembler {
  return Object.assign(merge, { gives: "shares" as const });
}
