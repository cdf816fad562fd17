/** The teacher that `--teacher` names: a file of weights, a reference to a hub, or a run that has trained one. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { findTrainedModel, isReference, type Preset, pathProblem, teacherRole } from "../../index.js";
import { type Environment, lineLogger } from "../environment.js";

/** Where a teacher's weights are, and how they are kept there. */
export type FoundTeacher = Awaited<ReturnType<typeof findTrainedModel>>;

/** @throws as `findTrainedModel` does; keeping it, FGKD_PATH when nothing is there */
export async function findTeacher(
  path: string,
  { teacher: role = teacherRole }: Preset,
  environment: Environment,
): Promise<FoundTeacher> {
  if (isReference(path)) return { file: path, keep: () => {} };
  const given = resolve(environment.cwd, path);
  if (existsSync(join(given, "config.json"))) return findTrainedModel(given, role, lineLogger(environment));
  // Somebody may have copied no more of a run than its models.
  const exported = join(given, "models", `${role}.safetensors`);
  const keep = () => {
    // Settings may be looked at before the teacher is there.
    if (existsSync(given)) return;
    const remedy = "Check the path given with --teacher: a file of weights, or the folder of a run.";
    throw pathProblem(given, "there is no such file or folder", remedy);
  };
  return { file: existsSync(exported) ? exported : given, keep };
}
