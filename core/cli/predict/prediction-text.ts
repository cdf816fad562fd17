/** How predictions are written: for people, for spreadsheets, for programs. */
import { type Answer, csvCell, type Guess, named } from "../../index.js";
import type { PredictArguments } from "../arguments.js";
import { colorsOf, type Environment } from "../environment.js";
import { percent, visibleJson } from "../terminal/text.js";

type Format = PredictArguments["format"];

/** What came of an image. */
interface Said {
  readonly image: string;
  /** Of a calibrated model. */
  readonly answer?: Answer;
  readonly guesses: readonly Guess[];
}

/** What stands before the first image. */
export function predictionsBegin(format: Format, isCalibrated: boolean): string {
  return format === "csv" ? `image,rank,label,probability${isCalibrated ? ",says,answer" : ""}\n` : "";
}

/** Of one image: a paragraph, a row for each guess, or a line. */
export function predictionText(
  format: Format,
  said: Said,
  { stdout, variables }: Pick<Environment, "stdout" | "variables">,
): string {
  const { image, answer, guesses } = said;
  if (format === "jsonl") return `${visibleJson(said, 0)}\n`;
  if (format === "csv") return guesses.map((guess, index) => row(said, index + 1, guess)).join("");
  const colors = colorsOf(stdout, variables);
  const isFirst = answer === undefined || answer.kind === "class";
  const lines = guesses.map(({ label, probability }, index) => {
    const line = guessLine(probability, named(label));
    return isFirst && index === 0 ? line : colors.dim(line);
  });
  const instead = answer ? insteadOf(answer) : [];
  return `${[colors.bold(named(image)), ...instead, ...lines].join("\n")}\n\n`;
}

function guessLine(probability: number, name: string): string {
  return `${percent(100 * probability).padStart(9)}  ${name}`;
}

/** What stands above the guesses where none of them is the answer. */
function insteadOf(answer: Answer): readonly string[] {
  if (answer.kind === "class") return [];
  if (answer.kind === "rank") return [guessLine(answer.probability, `${named(answer.label)} (${named(answer.rank)})`)];
  return [`${" ".repeat(11)}unknown`];
}

function row({ image, answer }: Said, rank: number, { label, probability }: Guess): string {
  const says = answer && [answer.kind === "rank" ? answer.rank : answer.kind, "label" in answer ? answer.label : ""];
  return `${[image, rank, label, probability, ...(says ?? [])].map((value) => csvCell(String(value))).join(",")}\n`;
}
