// smooth-penalty.ts
import { definePlugin, describeOptions, type OptionsOf } from "../../../../core/index.js";
import { z } from "zod";

const schema = z.object({
  weight: z.number().nonnegative().default(0.1).describe("Multiplies the term."),
  norm: z.enum(["l1", "l2"]).default("l2").describe("Of the difference of neighbours."),
});

export type SmoothPenaltyOptions = OptionsOf<typeof schema>;

export const smoothPenalty = definePlugin<SmoothPenaltyOptions>({
  name: "smooth-penalty",
  ...describeOptions("smooth-penalty", schema),
  apply: (training, { weight, norm }) => training.logger.info(`${norm} times ${weight}`),
});