/** Parts that suites can do without on a developer's machine, and not where changes are judged. */

/**
 * Whether a part is here, for `describe.skipIf(!isHere(…))`. Where `CI` is `true` it must be: what is skipped there is
 * never tried.
 *
 * @param lack what it lacks and how to get it; `null` when it is here
 * @throws where `CI` is `true` and something is lacking
 */
export function isHere(part: string, lack: string | null, { CI }: NodeJS.ProcessEnv = process.env): boolean {
  if (lack !== null && CI === "true") throw new Error(`tests of ${part} may not be skipped where CI=true: ${lack}`);
  return lack === null;
}
