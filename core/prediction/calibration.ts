/** What was found out of how far a model is to be believed: kept in its file, and found there by whoever asks it. */
import { z } from "zod";
import { type Split, splits } from "../data/source.js";
import { type TestTime, viewCounts } from "../evaluation/test-time.js";
import type { AnswerRule } from "../measures/answering.js";
import type { Permission } from "../store/atomic.js";
import { calibrationText, writeCalibrationText } from "../store/calibrated-file.js";
import { corruptFile } from "../values/errors.js";
import type { Logger } from "../values/logger.js";
import type { FoundModel } from "./find-models.js";

/** How models are asked. A calibration holds for answers that come about in the same way. */
export interface WayOfAsking {
  /** What is asked, `student` or `student-ema`; of several, in their order. */
  readonly models: readonly string[];
  /** How several are merged; `null` of one alone. */
  readonly ensembler: string | null;
  /** Views whose answers are averaged. */
  readonly testTime: TestTime | null;
}

/** What `fgkd calibrate` leaves in a model. */
export interface ModelCalibration extends WayOfAsking, AnswerRule {
  /** Logits are divided by it before they become probabilities. */
  readonly temperature: number;
  /** The share of wrong answers that the thresholds were fitted for. */
  readonly error: number;
  /** What it was fitted on: images of the run's, or others that were given. */
  readonly split: Split | "given";
  readonly images: number;
}

const share = z.number().min(0).max(1).nullable();

const schema: z.ZodType<readonly ModelCalibration[]> = z.array(
  z.object({
    models: z.array(z.string()),
    ensembler: z.string().nullable(),
    testTime: z.enum(Object.keys(viewCounts) as [TestTime, ...TestTime[]]).nullable(),
    temperature: z.number().positive(),
    error: z.number().min(0).max(1),
    split: z.enum([...splits, "given"]),
    images: z.number().int().nonnegative(),
    thresholds: z.array(share),
    ranks: z.array(z.object({ rank: z.string(), groups: z.array(z.string()), threshold: share })),
  }),
);

/** The ways of asking that a model was calibrated for; of several models, the file of the last one says it. @throws FGKD_CORRUPT_FILE */
export function calibrationsOf(models: readonly FoundModel[], classes: number): readonly ModelCalibration[] {
  const file = models.at(-1)?.file;
  const text = file === undefined ? undefined : calibrationText(file);
  if (file === undefined || text === undefined) return [];
  const read = schema.safeParse(parsed(text));
  const isWhole = (one: ModelCalibration) =>
    [one.thresholds, ...one.ranks.map(({ groups }) => groups)].every(({ length }) => length === classes);
  if (read.success && read.data.every(isWhole)) return read.data;
  throw corruptFile(
    file,
    "has a calibration that is not as fgkd wrote it",
    "Calibrate it again, or pass --uncalibrated.",
  );
}

/** The one that was made for this way of asking. @throws FGKD_CORRUPT_FILE */
export function calibrationFor(
  models: readonly FoundModel[],
  way: WayOfAsking,
  classes: number,
): ModelCalibration | undefined {
  return calibrationsOf(models, classes).find((one) => holdsFor(one, way));
}

/** The same; says so where the models are calibrated, though not for answers that come about like these. @throws FGKD_CORRUPT_FILE */
export function toldCalibration(
  { found, classes }: { readonly found: readonly FoundModel[]; readonly classes: readonly string[] },
  way: WayOfAsking,
  { warn }: Logger,
): ModelCalibration | null {
  const own = calibrationFor(found, way, classes.length);
  const known = own ? [] : calibrationsOf(found, classes.length);
  if (known.length > 0)
    warn(
      `Calibrated for ${known.map(wayInWords).join("; ")}, and asked for ${wayInWords(way)}: probabilities are as the network gives them.`,
    );
  return own ?? null;
}

function holdsFor(calibration: WayOfAsking, { models, ensembler, testTime }: WayOfAsking): boolean {
  const text = (way: WayOfAsking) => JSON.stringify([way.models, way.ensembler, way.testTime]);
  return text(calibration) === text({ models, ensembler, testTime });
}

/**
 * Keeps a calibration in the file of the last model, beside those for other ways of asking. Its weights stay as they are, byte for
 * byte.
 *
 * @throws FGKD_STORAGE, and what `permission` throws
 */
export function keepCalibration(
  models: readonly FoundModel[],
  calibration: ModelCalibration,
  permission?: Permission,
): void {
  const others = knownIn(models, calibration.thresholds.length).filter((one) => !holdsFor(one, calibration));
  // `findModels` gives one at least.
  const { file } = models.at(-1) as FoundModel;
  writeCalibrationText(file, JSON.stringify([...others, calibration]), permission);
}

/** What cannot be read makes room for what can. */
function knownIn(models: readonly FoundModel[], classes: number): readonly ModelCalibration[] {
  try {
    return calibrationsOf(models, classes);
  } catch {
    return [];
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** How a way of asking is told: `student, flip`. */
function wayInWords({ models, ensembler, testTime }: WayOfAsking): string {
  const who = models.join(", ");
  return `${ensembler === null ? who : `${ensembler} of ${who}`}${testTime === null ? "" : `, ${testTime}`}`;
}
