/** What `fgkd calibrate` says: what the temperature is worth, and how much is answered at the error rate. */
import { type CalibratedScores, named, type Share, shareOf, type TemperatureFit } from "../../index.js";
import { colorsOf, type Environment, print, widthOf } from "../environment.js";
import type { OpenedRun } from "../eval/eval-run.js";
import { table } from "../terminal/tables.js";
import { between, count, percent, wrap } from "../terminal/text.js";

interface About {
  readonly opened: Pick<OpenedRun, "run" | "model" | "classes">;
  readonly images: number;
  readonly split: string;
  readonly error: number;
}

const right = { align: "right" } as const;

export function tellCalibration(
  { temperature, answers, coverage }: CalibratedScores,
  { opened, images, split, error }: About,
  environment: Environment,
): void {
  const { stdout, variables } = environment;
  const { bold } = colorsOf(stdout, variables);
  const lines = (text: string) => {
    for (const line of wrap(text, widthOf(stdout))) print(environment, line);
  };
  const on = `${count(images, `${split} image`)} of ${count(opened.classes.length, "class")}`;
  print(
    environment,
    `${bold(`temperature ${shown(temperature.temperature)}`)}: ${opened.model} of ${opened.run}, on ${on}`,
  );
  lines(verdict(temperature));
  print(environment);
  const heads = [{ head: "measure" }, { head: "before", ...right }, { head: "after", ...right }];
  print(environment, table(heads, trustRows(temperature), stdout, variables));
  print(environment);
  const { classes, ranks, answered } = coverage;
  const rest = images - answered.images;
  const rows = [
    answeredRow("a class", classes, images),
    ...ranks.map((one) => answeredRow(`a ${named(one.rank)}`, one, images)),
    ["unknown", percent(shareOf(rest, images).accuracy), "", ""],
  ];
  const columns = [
    { head: "says" },
    ...["of the images", "wrong", "95 % interval"].map((head) => ({ head, ...right })),
  ];
  print(environment, table(columns, rows, stdout, variables));
  print(environment);
  lines(
    `So that at most ${percent(100 * error)} of what it says is wrong; on the images that this was chosen on, as shown.`,
  );
  if (answers.pooled > 0) lines(pooledInWords(answers, opened.classes.length));
}

function trustRows({ before, after }: TemperatureFit): readonly (readonly string[])[] {
  return [
    ["calibration error", percent(before.error), percent(after.error)],
    ["negative log-likelihood", before.surprise.toFixed(3), after.surprise.toFixed(3)],
  ];
}

function verdict({ helps, temperature, before, after }: TemperatureFit): string {
  const measured = "“After” is measured on images that had no part in the temperature (fivefold).";
  if (!helps) return `No temperature makes its probabilities better: they stay as they are. ${measured}`;
  const was = temperature > 1 ? "It was surer than it is right." : "It was less sure than it is right.";
  const error = after.error < before.error ? "" : " Its calibration error became no smaller, though.";
  return `${was}${error} ${measured}`;
}

function answeredRow(name: string, { right, images, accuracy }: Share, all: number): readonly string[] {
  const share = percent(shareOf(images, all).accuracy);
  if (images === 0) return [name, share, "", ""];
  return [name, share, percent(100 - accuracy), between(shareOf(images - right, images).interval)];
}

function pooledInWords({ pooled, enough, isOfAll }: CalibratedScores["answers"], classes: number): string {
  const who = pooled === classes ? "No class was" : `${count(pooled, "class")} of ${classes} were not`;
  const shared = pooled === classes || isOfAll ? "that of all answers together" : "one for all of these";
  return `${who} answered ${enough} times, as a threshold of its own takes: ${shared} counts there.`;
}

function shown(value: number): string {
  return value.toFixed(value < 10 ? 2 : 0);
}
