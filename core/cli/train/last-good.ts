/** What a run that diverged can go back to. */
import { FgkdError, furtherTold, type Logger, type RunFolder } from "../../index.js";
import { shortPath } from "./run-place.js";

/**
 * The same error; where a value was not finite, with the last good checkpoint and the command that goes on from it.
 *
 * @param resume the command
 */
export async function withLastGood(
  error: unknown,
  folder: RunFolder,
  resume: string,
  { cwd, logger }: { readonly cwd: string; readonly logger: Logger },
): Promise<unknown> {
  if (!(error instanceof FgkdError) || error.code !== "FGKD_NOT_FINITE") return error;
  // One may be on its way to the disk.
  await folder.settle().catch((problem: Error) => logger.warn(problem.message));
  const good = folder.lastGood();
  if (!good) return furtherTold(error, "The run has no checkpoint from before that.");
  return furtherTold(
    error,
    `The last good checkpoint is ${shortPath(good.path, cwd)}, after ${good.steps} steps of the run: ${resume} goes on from it, with the same settings, and so comes to the same step again unless the cause lay outside of them.`,
  );
}
