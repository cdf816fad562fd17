/** What `fgkd eval` says of a run on a terminal: a short table, and what is confused. */
import { type AnswerMeasures, named, namedList, type Share, shareOf } from "../../index.js";
import { colorsOf, type Environment, nameRoom, print, widthOf } from "../environment.js";
import { table } from "../terminal/tables.js";
import { between, count, inWords, number, percent, shortName, wrap } from "../terminal/text.js";
import type { EvalSubject } from "./eval-json.js";
import type { TestedRun } from "./eval-run.js";

/** Pairs of classes that are shown. */
const PAIRS = 10;

export function showRun(tested: TestedRun, subject: EvalSubject, environment: Environment): void {
  const { run, model, testTime, engine, measures, metrics } = tested;
  const { bold } = colorsOf(environment.stdout, environment.variables);
  const how = testTime ? `, ${testTime}` : "";
  const of = count(measures.images, `${subject.split} image`);
  print(
    environment,
    `${bold(percent(measures.top1.accuracy))} of ${of} right: ${model} of ${run}${how}, engine ${engine}`,
  );
  tellOnly(subject, environment);
  print(environment);
  print(environment, measuresTable(tested, environment));
  const shown = /^(accuracy|top5Accuracy|macroAccuracy|calibrationError|rankAccuracy\/.*)$/;
  const others = Object.entries(metrics).filter(([name, value]) => !shown.test(name) && Number.isFinite(value));
  if (others.length > 0) print(environment);
  for (const [name, value] of others) print(environment, `${inWords(name).replace("/", ", ")}: ${number(value)}`);
  showPairs(measures, environment);
}

/** Says so where only some classes are asked about: accuracies among few are higher than among all. */
export function tellOnly({ classes, onlyClasses }: EvalSubject, environment: Environment): void {
  if (!onlyClasses) return;
  const { stdout } = environment;
  const names = namedList(classes.map((name) => shortName(name, nameRoom(stdout, 40))));
  const words = `Images of ${classes.length} classes alone, and answers among them alone: ${names}.`;
  for (const line of wrap(words, widthOf(stdout))) print(environment, line);
}

function measuresTable(tested: TestedRun, { stdout, variables }: Environment): string {
  const { measures, teacher } = tested;
  const { top1, top5, macroAccuracy, calibration, ranks } = measures;
  const line = (name: string, share: Share, note = "") => [
    name,
    percent(share.accuracy),
    between(share.interval),
    note,
  ];
  const rows = [
    line("top-1", top1),
    ...(top5 ? [line("top-5", top5)] : []),
    ["mean over classes", percent(macroAccuracy), "", ""],
    ...ranks.map((one) => line(`by ${named(one.rank)}`, one, count(one.groups, "group"))),
    ["calibration error", percent(calibration.error), "", howSure(measures)],
    ...coverageRows(tested),
    ...(teacher
      ? [line(`same as ${named(teacher.model)}`, teacher.agreement, `itself ${percent(teacher.top1.accuracy)} right`)]
      : []),
  ];
  const right = { align: "right" } as const;
  const columns = [{ head: "measure" }, { head: "value", ...right }, { head: "95 % interval", ...right }, { head: "" }];
  return table(columns, rows, stdout, variables);
}

/** Of a calibrated model: of which share of the images it says a class, or a group, and how much of that is right. */
function coverageRows({ calibrated }: TestedRun): readonly (readonly string[])[] {
  if (!calibrated) return [];
  const { images, classes, ranks, answered } = calibrated.coverage;
  const row = (name: string, of: Share) => {
    const right = of.images > 0 ? `${percent(of.accuracy)} of it right` : "";
    return [name, ...shareCells(of.images, images), right];
  };
  return [
    row("says a class", classes),
    ...ranks.map((one) => row(`says a ${named(one.rank)}`, one)),
    ["says unknown", ...shareCells(images - answered.images, images), `for ${percent(100 * calibrated.error)} wrong`],
  ];
}

function shareCells(part: number, whole: number): readonly string[] {
  const { accuracy, interval } = shareOf(part, whole);
  return [percent(accuracy), between(interval)];
}

function howSure({ calibration, top1 }: AnswerMeasures): string {
  if (Number.isNaN(calibration.error)) return "";
  const { confidence } = calibration;
  return `${percent(confidence)} sure, ${confidence > top1.accuracy ? "more" : "less"} than right`;
}

function showPairs({ pairs, perClass }: AnswerMeasures, environment: Environment): void {
  const { stdout, variables } = environment;
  if (pairs.length === 0) return;
  // What the numbers leave of a line, for two names.
  const room = nameRoom(stdout, 30, 2);
  const rows = pairs
    .slice(0, PAIRS)
    .map(({ label, answer, images, share }) => [
      shortName(named(label), room),
      shortName(named(answer), room),
      String(images),
      percent(share),
    ]);
  const right = { align: "right" } as const;
  const columns = [
    { head: "most confused" },
    { head: "taken for" },
    { head: "images", ...right },
    { head: "of its class", ...right },
  ];
  print(environment);
  print(environment, table(columns, rows, stdout, variables));
  print(environment);
  const { dim } = colorsOf(stdout, variables);
  const more = pairs.length > PAIRS ? `${pairs.length - PAIRS} more pairs: --json. ` : "";
  print(environment, dim(`${more}All ${perClass.length} classes: --per-class.`));
}
