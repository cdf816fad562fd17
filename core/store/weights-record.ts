/** Which weights a run was given: by their content, so that a file which was moved, or calibrated, is known again. */
import type { Run } from "../run/run.js";
import { digestOfUncalibrated } from "./calibrated-file.js";

/**
 * By role: the checksum of its file of weights. What cannot be read is left for whoever loads it.
 *
 * @param wanted which roles. Default: all
 */
export function weightsOf(
  { weights }: Pick<Run, "weights">,
  wanted: (role: string) => boolean = () => true,
): Readonly<Record<string, string>> {
  const wished = [...weights].filter(([role]) => wanted(role));
  const digests = wished.map(([role, { file }]) => [role, digestOf(file)] as const);
  // The filter leaves no other.
  return Object.fromEntries(digests.filter(([, digest]) => digest !== undefined)) as Record<string, string>;
}

/** By reference to a hub: the commit that the run has taken, and takes again. */
export function commitsOf({ weights }: Pick<Run, "weights">): Readonly<Record<string, string>> {
  return Object.fromEntries([...weights.values()].flatMap(({ hub }) => (hub ? [[hub.reference, hub.commit]] : [])));
}

function digestOf(file: string): string | undefined {
  try {
    return digestOfUncalibrated(file);
  } catch {
    return undefined;
  }
}
