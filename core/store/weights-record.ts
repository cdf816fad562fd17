/** Which weights a run was given: by their content, so that a file which was moved is known again. */
import type { Run } from "../run/run.js";
import { digestOfFile } from "./checkpoint-format.js";

/**
 * By role: the checksum of its file of weights. What cannot be read is left for whoever loads it.
 *
 * @param wanted which roles. Default: all
 */
export function weightsOf(
  { config }: Pick<Run, "config">,
  wanted: (role: string) => boolean = () => true,
): Readonly<Record<string, string>> {
  const models = Object.entries(config.run.models).filter(([role]) => wanted(role));
  const digests = models.map(([role, { weights }]) => [role, digestOf(weights)] as const);
  // The filter leaves no other.
  return Object.fromEntries(digests.filter(([, digest]) => digest !== undefined)) as Record<string, string>;
}

function digestOf(file: string | null | undefined): string | undefined {
  try {
    return file ? digestOfFile(file) : undefined;
  } catch {
    return undefined;
  }
}
