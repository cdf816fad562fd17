/** The option `recipe` of presets: whose word counts where a paper and public code say different things. */
import { z } from "zod";

export const recipe = z
  .enum(["settled", "paper-text", "official-code"])
  .default("settled")
  .describe(
    "Whose word counts where text and public code differ: settled: as the paper's page gives reasons for; paper-text: the text, read literally; official-code: the code. All of a preset's settlements at once; that page lists them.",
  );

export type RecipeName = z.output<typeof recipe>;
