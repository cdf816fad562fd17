/** Whether a run folder holds the run that is asked for now. */
import { openRunFolder, pathProblem, type RunRequest } from "../../index.js";
import type { TrainArguments } from "../arguments.js";
import type { Environment } from "../environment.js";
import { chooseRun } from "./choose-run.js";
import { shortPath } from "./run-place.js";

/** @throws FGKD_PATH for a run of other settings or data */
export async function refuseOther(
  out: string,
  given: TrainArguments,
  environment: Environment,
  remedy = "Give another folder with --out, or take this one away.",
): Promise<void> {
  if (await isSameRun(out, given, environment)) return;
  const problem = "holds a run of other settings or data than are asked for";
  throw pathProblem(shortPath(out, environment.cwd), problem, remedy);
}

/** Paths may have moved with the folder that they lie in, as where a volume is mounted elsewhere. */
export async function isSameRun(out: string, given: TrainArguments, environment: Environment): Promise<boolean> {
  const [before, now] = [(await openRunFolder(out)).request, (await chooseRun(given, environment)).request];
  return said(before) === said(now) || moved(before) === moved(now);
}

function said({ preset, layers }: RunRequest): string {
  return JSON.stringify([preset, layers]);
}

function moved(request: RunRequest): string {
  const { from } = request;
  return from === undefined ? said(request) : said(request).replaceAll(JSON.stringify(from).slice(1, -1), ".");
}
