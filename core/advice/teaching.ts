/** Whether a teacher was worth it: beside the same student that had none, on the same test images. */
import { type Comparison, comparePaired } from "../measures/paired.js";
import { imagesToSettle } from "../measures/power.js";
import { shellWord } from "../values/words.js";
import type { Advice, Contestant, RunFacts } from "./facts.js";
import { about, apart, quoted, rights, SIGNIFICANT } from "./words.js";

/** A student, and the same network that was trained as long without a teacher. */
export interface TaughtPair {
  readonly alone: Contestant;
  readonly taught: Contestant;
}

/** Every pair that differs in who taught, and how, alone. */
export function taughtPairs({ contestants }: Pick<RunFacts, "contestants">): readonly TaughtPair[] {
  const of = (part: Contestant["part"]) => contestants.filter((one) => one.part === part);
  return of("taught").flatMap((taught) =>
    of("alone")
      .filter(({ network, epochs }) => network === taught.network && epochs === taught.epochs)
      .map((alone) => ({ alone, taught })),
  );
}

/** Where the teacher gets fewer test images right than the student that had none, and chance does not explain it. */
export function weakTeacher(teacher: Contestant, alone: Contestant, labels: readonly number[]): Advice | null {
  const compared = comparePaired({ labels, first: alone.test, second: teacher.test });
  if (compared.p >= SIGNIFICANT || compared.difference >= 0) return null;
  const [own, its] = rights(compared);
  return {
    about: "weak-teacher",
    text: `The teacher is weaker than the student alone: ${quoted(teacher.name)} gets ${its} of ${compared.images} test images right, ${quoted(alone.name)} ${own} (${apart(compared)}); train the teacher longer, give a better one with --teacher, or go without.`,
  };
}

/** Where the taught student gets fewer test images right than the one that had no teacher, and chance does not explain it. */
export function distillationHurts({ alone, taught }: TaughtPair, labels: readonly number[]): Advice | null {
  const compared = comparePaired({ labels, first: alone.test, second: taught.test });
  if (compared.p >= SIGNIFICANT || compared.difference >= 0) return null;
  const [without, withTeacher] = rights(compared);
  return {
    about: "distillation-hurts",
    text: `Distillation hurts here: ${quoted(taught.name)} gets ${withTeacher} of ${compared.images} test images right, ${quoted(alone.name)} ${without} (${apart(compared)}); go without the teacher, or compare others with fgkd advise DATA --teachers FILES.`,
  };
}

/** Where so few images cannot tell whether the teacher made a difference: how many could. */
export function withinNoise({ alone, taught }: TaughtPair, labels: readonly number[]): Advice | null {
  const compared = comparePaired({ labels, first: alone.test, second: taught.test });
  if (compared.images === 0 || compared.p < SIGNIFICANT) return null;
  const said = `The difference is within the noise of this test set: ${quoted(taught.name)} beside ${quoted(alone.name)} ${apart(compared)}, on ${compared.images} images`;
  return { about: "noise", text: `${said}; ${remedyFor(compared, [alone.place, taught.place])}.` };
}

function remedyFor(compared: Comparison, places: readonly [string, string]): string {
  const needed = imagesToSettle(compared);
  const [first, second] = places.map(shellWord);
  if (!Number.isFinite(needed))
    return "no number of images settles a difference of nothing: train both with other seeds (--seed 1)";
  return `were it as large as it looks, ${about(needed)} would settle it: fgkd eval ${first} ${second} --data FOLDER`;
}
