/** `fgkd eval --csv FILE`: a line for each image, written as it is tested. */
import { appendFileSync, closeSync, existsSync, openSync, renameSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { bestOf, csvCell, pathProblem, rankOf, type Scores, storageFailed, type TestedSource } from "../../index.js";
import { shortPath } from "../train/run-place.js";
import type { OpenedRun } from "./eval-run.js";

export interface CsvFile {
  add(run: AskedRun, scores: Scores, source: TestedSource): void;
  /** @param isWhole whether all images are in it: else it is removed */
  close(isWhole: boolean): void;
}

type AskedRun = Pick<OpenedRun, "run" | "model" | "split">;

/** Answers of each image. */
const GUESSES = 5;

const head = [
  "run",
  "model",
  "image",
  "class",
  "answer",
  "right",
  "probability",
  "rank",
  ...Array.from({ length: GUESSES }, (_, at) => [`answer${at + 1}`, `probability${at + 1}`]).flat(),
];

/** @throws FGKD_PATH where there is such a file, FGKD_STORAGE */
export function createCsv(place: string, cwd: string): CsvFile {
  const path = resolve(cwd, place);
  if (existsSync(path)) throw pathProblem(place, "is there already", "Name another file, or remove it.");
  const asStorage = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw storageFailed(path, error);
    }
  };
  // Under its name once it is whole.
  const part = `${path}.part`;
  const file = asStorage(() => openSync(part, "w"));
  const write = (rows: readonly (readonly string[])[]) =>
    asStorage(() => appendFileSync(file, rows.map((row) => `${row.join(",")}\r\n`).join("")));
  write([head]);
  return {
    add: ({ run, model, split }, scores, source) =>
      write(
        scores.indices.map((index, row) => {
          const path = source.about?.(split, index).path;
          const image = path === undefined ? String(index) : shortPath(path, cwd);
          return [...[run, model, image].map(csvCell), ...answersOf(scores, row, source.classes)];
        }),
      ),
    close: (isWhole) => {
      closeSync(file);
      asStorage(() => (isWhole ? renameSync(part, path) : rmSync(part, { force: true })));
    },
  };
}

function answersOf(scores: Scores, row: number, classes: readonly string[]): readonly string[] {
  const [from, to] = [row * scores.classes, (row + 1) * scores.classes];
  const own = scores.logits.subarray(from, to);
  const nameOf = (label: number) => csvCell(classes[label] as string);
  const sureOf = (label: number) => (scores.probabilities[from + label] as number).toFixed(6);
  const [label, answer] = [scores.labels[row] as number, scores.predictions[row] as number];
  const best = bestOf(own, GUESSES).flatMap((at) => [nameOf(at), sureOf(at)]);
  return [
    nameOf(label),
    nameOf(answer),
    label === answer ? "1" : "0",
    sureOf(answer),
    Number.isNaN(own[label]) ? "" : String(rankOf(label, own) + 1),
    ...Array.from({ length: 2 * GUESSES }, (_, at) => best[at] ?? ""),
  ];
}
