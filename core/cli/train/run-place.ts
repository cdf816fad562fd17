/** Where runs lie: `runs/<preset>-<number>` in the working directory, unless the user says otherwise. */
import { lstat, mkdir, readdir, rm, rmdir, stat } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import {
  type FgkdError,
  type Logger,
  openRunFolder,
  pathProblem,
  shellWord,
  silentLogger,
  systemProblem,
} from "../../index.js";
import { strangerIn } from "./own-run.js";

/** Below the working directory. */
export const runs = "runs";

/**
 * A new folder of its own for a run. Two runs that start at once get two folders.
 *
 * @throws FGKD_PATH
 */
export async function newRunPlace(preset: string, cwd: string): Promise<string> {
  const home = join(cwd, runs);
  const refuse = (cause: unknown) => {
    const { code, problem, remedy } = systemProblem(cause, "write") ?? { problem: String(cause) };
    const words = `cannot be written: ${problem}${code ? ` (${code})` : ""}`;
    return pathProblem(home, words, `${remedy ? `${remedy}, or choose` : "Choose"} a folder with --out.`);
  };
  await mkdir(home, { recursive: true }).catch((cause: unknown) => {
    throw refuse(cause);
  });
  for (let number = 1; ; number++) {
    const path = join(home, `${preset.replaceAll(/[^\w.-]/g, "_")}-${number}`);
    try {
      await removeAbandoned(path);
      await mkdir(path);
      return path;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw refuse(cause);
    }
  }
}

/** A start that lives gives a sign every 15 seconds. */
const abandonedAfter = 120_000;

/** A folder that a killed start has made, and has put nothing into but its lock and what is half written. */
async function removeAbandoned(path: string): Promise<void> {
  try {
    // A link may lead to what is somebody else's.
    if (!(await lstat(path)).isDirectory()) return;
    const files = await readdir(path);
    if (!files.every((file) => /^lock(\.[0-9a-f-]{36}(\.old)?)?$|^config\.json(\.[0-9a-f]{8})?\.tmp$/.test(file)))
      return;
    const places = [path, ...files.map((file) => join(path, file))];
    const touched = await Promise.all(places.map(async (place) => (await lstat(place)).mtimeMs));
    if (Date.now() - Math.max(...touched) < abandonedAfter) return;
    for (const file of files) await rm(join(path, file));
    await rmdir(path);
  } catch {
    // None, or somebody is at work there: it keeps its number.
  }
}

/**
 * The run to continue. One that has neither a checkpoint nor a result is continued only by name.
 *
 * @param given a run folder, or `true` for the newest under `runs/` that is the user's own
 * @param preset when given, only runs of that preset count as the newest
 * @param logger told of newer ones that are passed over, since somebody else may have written them
 * @throws FGKD_PATH when there is none, FGKD_CORRUPT_FILE when the newest cannot be read
 */
export async function runToResume(
  given: string | true,
  preset: string | undefined,
  cwd: string,
  logger: Pick<Logger, "warn"> = silentLogger,
): Promise<string> {
  if (given !== true) return resolve(cwd, given);
  const home = join(cwd, runs);
  const names = await readdir(home).catch(() => [] as string[]);
  const found = await Promise.all(names.map(async (name) => ageOf(join(home, name), preset)));
  const sorted = found.filter((run) => run !== null).sort((a, b) => b.touched - a.touched);
  // One of somebody else's is not read, and so not known to hold anything.
  const own = sorted.filter(({ stranger }) => stranger === null);
  const [last] = own;
  const newest = own.find(({ isEmpty }) => !isEmpty);
  const anew = last?.isEmpty && `--resume ${shellWord(shortPath(last.path, cwd))} begins it anew`;
  for (const { path, stranger } of newest ? sorted.slice(0, sorted.indexOf(newest)) : sorted) {
    if (stranger === null) continue;
    const place = shortPath(path, cwd);
    logger.warn(
      `${place} is passed over: it ${stranger}. To go on with it all the same, name it: --resume ${shellWord(place)}`,
    );
  }
  // Going on with an older run instead would not be what was asked for.
  if (newest?.problem) throw newest.problem;
  if (newest && anew) logger.warn(`${shortPath(last.path, cwd)} is newer, but has no checkpoint yet: ${anew}.`);
  if (newest) return newest.path;
  const which = preset === undefined ? "" : ` of preset "${preset}"`;
  if (anew) throw pathProblem(home, `holds no run${which} that has a checkpoint`, `Name one: ${anew}.`);
  throw pathProblem(home, `holds no run${which}`, "Name the folder of the run: --resume RUN.");
}

async function ageOf(path: string, preset: string | undefined) {
  try {
    const touched = (await stat(join(path, "manifest.json"))).mtimeMs;
    const stranger = strangerIn(path);
    // What a stranger wrote is not read unasked.
    if (stranger !== null) return { path, touched, problem: undefined, stranger, isEmpty: false };
    let isEmpty = false;
    const problem = await openRunFolder(path).then(
      ({ request, holdsWork }) => {
        isEmpty = !holdsWork;
        return preset === undefined || request.preset === preset ? undefined : null;
      },
      (error: FgkdError) => (error.code === "FGKD_CORRUPT_FILE" ? error : null),
    );
    return problem === null ? null : { path, touched, problem, stranger, isEmpty };
  } catch {
    // No run folder, or one that never came to its first step: nothing to continue.
    return null;
  }
}

/** A path as one would type it. */
export function shortPath(path: string, cwd: string): string {
  const inside = relative(cwd, path);
  return inside === "" || inside.startsWith("..") ? path : inside;
}
