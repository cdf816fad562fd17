/** The models of a run that advice is about: its students and their teacher, each with what its stage was told. */
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import {
  type Contestant,
  type FoundModel,
  findModels,
  mixedPairs,
  originOf,
  type Preset,
  readReportedRun,
  taughtPairs,
  teacherRole,
} from "../../index.js";

/** A model that may be asked. */
export interface Companion {
  readonly found: FoundModel;
  /** Without answers. */
  readonly contestant: Contestant;
}

/**
 * The models that a run has left, and the teacher that it was given, as long as that is where it was; none of a run that has not
 * ended.
 *
 * @param name of the run, as one would type it
 */
export function companionsIn(folder: string, name: string, preset: Pick<Preset, "teacher">): readonly Companion[] {
  const teacher = preset.teacher ?? teacherRole;
  const { stages } = readReportedRun(folder, name);
  const roles = [...new Set(stages.map(({ role }) => role))];
  const own = roles.flatMap((role) => {
    const last = stages.findLast((stage) => stage.role === role);
    const found = modelOf(folder, role);
    const origin = found && last && originOf(found, last.stage, teacher);
    if (!found || !last || !origin) return [];
    const place = join(name, "models", `${found.name}.safetensors`);
    return [{ found, contestant: { ...origin, name: last.title, place, test: [], train: null } }];
  });
  return roles.includes(teacher) ? own : [...own, ...givenTeacher(own, teacher)];
}

/** Which of them are worth asking, since there is another to hold them against: on test images, and on those that were trained on. */
export function worthAsking(
  contestants: readonly Contestant[],
): Readonly<Record<"test" | "train", ReadonlySet<Contestant>>> {
  const taught = taughtPairs({ contestants });
  const teachers = taught.length > 0 ? contestants.filter(({ part }) => part === "teacher") : [];
  const mixed = mixedPairs({ contestants });
  const train = new Set(mixed.flatMap(({ plain, mixed, teacher }) => [plain, mixed, ...(teacher ? [teacher] : [])]));
  return { test: new Set([...train, ...taught.flatMap(({ alone, taught }) => [alone, taught]), ...teachers]), train };
}

function modelOf(folder: string, role: string): FoundModel | undefined {
  try {
    return findModels(folder, [role])[0];
  } catch {
    // Taken away, or not there yet: it is not asked.
    return undefined;
  }
}

/** A teacher that the run was given, as long as its file is where it was. */
function givenTeacher(own: readonly Companion[], teacher: string): readonly Companion[] {
  const [taught] = own.filter(({ contestant }) => contestant.part === "taught");
  const { models = {} } = (taught?.found.stage ?? {}) as {
    readonly models?: Readonly<Record<string, { weights?: unknown }>>;
  };
  const file = models[teacher]?.weights;
  if (!taught || typeof file !== "string" || !existsSync(file)) return [];
  const { stage } = taught.contestant;
  const about = { stage, part: "teacher", network: "", epochs: 0, mixes: [], test: [], train: null } as const;
  return [
    {
      found: { role: teacher, name: teacher, file },
      contestant: { ...about, name: `teacher ${basename(file)}`, place: file },
    },
  ];
}
