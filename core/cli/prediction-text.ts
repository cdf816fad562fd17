/** How predictions are written: for people, for spreadsheets, for programs. */
import { csvCell, type Guess, named } from "../index.js";
import type { PredictArguments } from "./arguments.js";
import { colorsOf, type Environment } from "./environment.js";
import { percent, visibleJson } from "./text.js";

type Format = PredictArguments["format"];

/** What stands before the first image. */
export function predictionsBegin(format: Format): string {
  return format === "csv" ? "image,rank,label,probability\n" : "";
}

/** Of one image: a paragraph, a row for each guess, or a line. */
export function predictionText(
  format: Format,
  image: string,
  guesses: readonly Guess[],
  { stdout, variables }: Pick<Environment, "stdout" | "variables">,
): string {
  if (format === "jsonl") return `${visibleJson({ image, guesses }, 0)}\n`;
  if (format === "csv") return guesses.map((guess, index) => row(image, index + 1, guess)).join("");
  const colors = colorsOf(stdout, variables);
  const lines = guesses.map(({ label, probability }, index) => {
    const line = `${percent(100 * probability).padStart(9)}  ${named(label)}`;
    return index === 0 ? line : colors.dim(line);
  });
  return `${[colors.bold(named(image)), ...lines].join("\n")}\n\n`;
}

function row(image: string, rank: number, { label, probability }: Guess): string {
  return `${[image, rank, label, probability].map((value) => csvCell(String(value))).join(",")}\n`;
}
