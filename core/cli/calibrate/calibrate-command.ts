/** `fgkd calibrate RUN`: makes trained models as sure as they are right, and able to say that they do not know. */

import { Option } from "commander";
import {
  calibrateScores,
  collectScores,
  invalidConfig,
  keepCalibration,
  type ModelCalibration,
  openRunFolder,
} from "../../index.js";
import type { CalibrateArguments } from "../arguments.js";
import { type Declaring, withModelOptions } from "../declaring.js";
import { type Environment, lineLogger } from "../environment.js";
import { evalPlace } from "../eval/eval-models.js";
import { type OpenedRun, openRun } from "../eval/eval-run.js";
import { properShare } from "../settings/option-values.js";
import { count } from "../terminal/text.js";
import { tellCalibration } from "./calibrate-text.js";

/** Of fewer images, chance would choose the temperature. */
const FEWEST = 20;

const remedy =
  "Name other images of its classes with --data, or train with --set data.validation=0.1, which keeps some back. --split test takes images that then no longer tell how good it is.";

/** @returns the exit code */
async function calibrateCommand(place: string, given: CalibrateArguments, environment: Environment): Promise<number> {
  const { data, error } = given;
  const split = given.split ?? (data === undefined ? "validation" : "test");
  const asked = { ...given, split, teacher: false, uncalibrated: true };
  const opened = await openRun(place, asked, environment, { remedy });
  try {
    if (split === "test" && data === undefined)
      lineLogger(environment).warn(
        "Calibrated on the run's own test images: tested on them, it looks better than it is.",
      );
    const scores = collectScores();
    const tested = await opened.test((batch) => scores.add(batch));
    const { gives, testTime } = tested;
    const images = scores.labels.length;
    if (images < FEWEST) throw tooFew(split, images);
    const { classes, source, models, ensembler } = opened;
    const found = calibrateScores(
      { ...scores, gives },
      { classes, error, ...(source.ranks && { ranks: source.ranks }) },
    );
    const on = data === undefined ? split : "given";
    const way = { models: models.map(({ name }) => name), ensembler, testTime };
    const { temperature } = found.temperature;
    await keep(place, opened, { ...way, temperature, error, split: on, images, ...found.answers.rule }, environment);
    tellCalibration(found, { opened, images, split: on, error }, environment);
    return 0;
  } finally {
    await opened.close();
  }
}

/** No process may train in the folder meanwhile, and none may begin. */
async function keep(
  place: string,
  { models }: OpenedRun,
  calibration: ModelCalibration,
  { cwd }: Environment,
): Promise<void> {
  const folder = await openRunFolder(evalPlace(place, cwd).folder);
  folder.lock();
  try {
    keepCalibration(models, calibration, () => folder.check());
  } finally {
    await folder.close();
  }
}

function tooFew(split: string, images: number): Error {
  const problem = `${count(images, `${split} image`)} would leave it to chance; ${FEWEST} are the least`;
  return invalidConfig("fgkd calibrate", problem, "Give more of them with --data.");
}

/** Its words and options. */
export function declareCalibrate({ command, run, environment }: Declaring): void {
  withModelOptions(command("calibrate <run>", "make a trained model as sure as it is right, and able to say unknown"))
    .option("--error <share>", "share of its answers that may be wrong", properShare, 0.05)
    .addOption(new Option("--split <split>", "on which images (default: validation)").choices(["validation", "test"]))
    .option("-d, --data <place>", "calibrate on other images of the same classes")
    .action((place: string, given: CalibrateArguments) => run(calibrateCommand(place, given, environment)));
}
