/** All that there is to say of a run, and of data before one: one small function for each sentence, all of them asked. */
import { classesUneven, imagesTooSmall, rareClassesSuffer } from "./data.js";
import type { Advice, ClassFacts, InputFacts, PictureFacts, RunFacts } from "./facts.js";
import { mixedPairs, mixingUnderfits } from "./mixing.js";
import { rateDiverged, rateTooLow } from "./rate.js";
import { type RankedCandidate, teachersThatKnowTooLittle, teacherToTake } from "./teachers.js";
import { distillationHurts, taughtPairs, weakTeacher, withinNoise } from "./teaching.js";

/** What was measured of data before a run. */
export interface DataFacts {
  readonly classes: readonly ClassFacts[] | null;
  readonly pictures: PictureFacts | null;
  readonly inputs: readonly InputFacts[];
  readonly candidates: readonly RankedCandidate[];
}

/** Sentences on a run that has ended. Nothing is said of what was not measured. */
export function adviseRun(facts: RunFacts): readonly Advice[] {
  const { contestants, labels, stages } = facts;
  const pairs = taughtPairs(facts);
  const teachers = contestants.filter(({ part }) => part === "teacher");
  const alone = [...new Set(pairs.map((pair) => pair.alone))];
  return said([
    ...stages.map(rateDiverged),
    ...stages.map(rateTooLow),
    ...teachers.flatMap((teacher) => alone.map((one) => weakTeacher(teacher, one, labels))),
    ...pairs.map((pair) => distillationHurts(pair, labels)),
    ...mixedPairs(facts).map((pair) => mixingUnderfits(pair, facts)),
    ...pairs.map((pair) => withinNoise(pair, labels)),
    rareClassesSuffer(facts),
    ...smallImages(facts),
  ]);
}

/** Sentences on data, and on teachers for it, before a run. */
export function adviseData({ classes, candidates, ...images }: DataFacts): readonly Advice[] {
  return said([
    classes && classesUneven(classes),
    ...smallImages(images),
    teacherToTake(candidates),
    ...teachersThatKnowTooLittle(candidates),
  ]);
}

function smallImages({ pictures, inputs }: Pick<DataFacts, "pictures" | "inputs">): readonly (Advice | null)[] {
  return pictures ? inputs.map((input) => imagesTooSmall(pictures, input)) : [];
}

function said(advice: readonly (Advice | null)[]): readonly Advice[] {
  return advice.filter((one) => one !== null);
}
