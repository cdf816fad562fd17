/** From the file of a sweep to numbered tasks. */
import { invalidConfig, unknownName } from "../values/errors.js";
import type { Json } from "../values/state.js";
import type { Sweep, SweepSettings } from "./sweep-file.js";
import { trainWords } from "./sweep-file.js";
import { taskNames } from "./task-names.js";

/** A run of a sweep. */
export interface SweepTask {
  /** From 0. What others learn from comes first, so that whoever counts upwards rarely waits. */
  readonly number: number;
  /** Of its folder. */
  readonly name: string;
  /** What is not the same in all tasks, without the seed. */
  readonly varies: SweepSettings;
  /** Default: the preset's. */
  readonly seed?: number;
  /** Options of `fgkd train`, by name. */
  readonly options: SweepSettings;
  /** By dotted path. */
  readonly settings: SweepSettings;
  /** The task whose teacher it learns from. */
  readonly teacher?: string;
  /** Others learn from it, and it is no result of its own. */
  readonly isShared: boolean;
}

/** A task before it has a name. */
interface Draft {
  /** Under `shared`. */
  readonly shared?: string;
  readonly said: SweepSettings;
  readonly teacher?: Draft;
}

const words: ReadonlySet<string> = new Set(trainWords);

/** Far more than a cluster takes in one array. */
const most = 100_000;

/**
 * Every combination of the grid with every entry of the list, for each seed: all of them with the first seed, then all with the
 * next, so that everything has been tried once before anything is tried twice. Tasks that come out equal are one.
 *
 * @param origin the file, for messages
 * @throws FGKD_INVALID_CONFIG, FGKD_UNKNOWN_NAME
 */
export function expandSweep(sweep: Sweep, origin: string): readonly SweepTask[] {
  const { run = {}, grid = {}, list = [{}], seeds } = sweep;
  const seeded = (seeds ?? [undefined]).map((seed): SweepSettings => (seed === undefined ? {} : { seed }));
  const size = Object.values(grid).reduce((product, { length }) => product * length, list.length * seeded.length);
  if (size > most) throw invalidConfig(origin, `it comes to ${size} tasks`, `At most ${most} are one sweep.`);
  const combinations = list.flatMap((entry) => combine(grid).map((chosen) => ({ ...run, ...entry, ...chosen })));
  const shared = new Map<string, Draft>();
  const own = new Map<string, Draft>();
  for (const seed of seeded)
    for (const combination of combinations) {
      const draft = withTeacher({ said: { ...combination, ...seed } }, { sweep, origin, shared, trail: [] });
      own.set(identityOf(draft), draft);
    }
  return numbered([...shared.values()], [...own.values()]);
}

function combine(grid: Readonly<Record<string, readonly Json[]>>): readonly SweepSettings[] {
  return Object.entries(grid).reduce<readonly SweepSettings[]>(
    (before, [key, values]) => before.flatMap((chosen) => values.map((value) => ({ ...chosen, [key]: value }))),
    [{}],
  );
}

interface Sharing {
  readonly sweep: Sweep;
  readonly origin: string;
  /** By what they are: those that somebody learns from. A teacher's own teacher comes before it. */
  readonly shared: Map<string, Draft>;
  /** Names on the way here. */
  readonly trail: readonly string[];
}

/** Finds what it learns from, where that is of the sweep. */
function withTeacher(draft: Draft, sharing: Sharing): Draft {
  const { sweep, origin, shared, trail } = sharing;
  const { teacher: name, ...said } = draft.said;
  if (typeof name !== "string" || !isShared(name, sweep, origin)) return draft;
  if (trail.includes(name))
    throw invalidConfig(origin, `shared.${name} learns from itself`, "Leave the teacher of one of them out.");
  const { teacher: _, ...common } = sweep.run ?? {};
  const { seed } = said;
  const asked = { ...common, ...(seed !== undefined && { seed }), ...sweep.shared?.[name] };
  const found = withTeacher({ shared: name, said: asked }, { ...sharing, trail: [...trail, name] });
  const known = shared.get(identityOf(found)) ?? found;
  shared.set(identityOf(found), known);
  return { ...draft, said, teacher: known };
}

/** A name without a path is one of `shared`, where there are any. */
function isShared(name: string, { shared }: Sweep, origin: string): boolean {
  if (shared === undefined) return false;
  if (Object.hasOwn(shared, name)) return true;
  if (!/^[\w-]+$/.test(name)) return false;
  throw unknownName("shared run", name, Object.keys(shared), `${origin} has these; a path to a file begins with ./.`);
}

function identityOf({ shared, said, teacher }: Draft): string {
  const sorted = Object.entries(said).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([shared ?? null, sorted, teacher ? identityOf(teacher) : null]);
}

function numbered(shared: readonly Draft[], own: readonly Draft[]): readonly SweepTask[] {
  const drafts = [...shared, ...own];
  const keys = varyingKeys(own.map(allOf)).filter((key) => key !== "seed");
  const tasks = drafts.map((draft) => {
    const all = allOf(draft);
    const chosen = draft.shared === undefined ? keys.filter((key) => all[key] !== undefined) : [];
    const varies: SweepSettings = Object.fromEntries(chosen.map((key) => [key, all[key] as Json]));
    const { seed } = all;
    return { draft, varies, ...(typeof seed === "number" && { seed }) };
  });
  const names = taskNames(
    tasks.map(({ draft, varies, seed }) => ({
      ...(draft.shared !== undefined && { prefix: draft.shared }),
      varies: { ...varies, ...(seed !== undefined && { seed }) },
      identity: identityOf(draft),
    })),
  );
  return tasks.map(({ draft, ...task }, number) => {
    const said = Object.entries(draft.said);
    return {
      ...{ number, ...task, name: names[number] as string },
      options: Object.fromEntries(said.filter(isOption)),
      settings: Object.fromEntries(said.filter((one) => !isOption(one))),
      ...(draft.teacher && { teacher: names[drafts.indexOf(draft.teacher)] as string }),
      isShared: draft.shared !== undefined,
    };
  });
}

/** Options are texts and numbers; `data` and `engine` with options of their own are settings. */
function isOption([key, value]: readonly [string, Json]): boolean {
  return words.has(key) && (typeof value !== "object" || Array.isArray(value));
}

/** What was said of it, the teacher by its name. */
function allOf({ said, teacher }: Draft): SweepSettings {
  return { ...said, ...(teacher?.shared !== undefined && { teacher: teacher.shared }) };
}

/** Keys that some have and others do not, or that have several values. */
function varyingKeys(all: readonly SweepSettings[]): readonly string[] {
  const keys = [...new Set(all.flatMap((one) => Object.keys(one)))];
  return keys.filter((key) => new Set(all.map((one) => JSON.stringify(one[key]))).size > 1);
}
