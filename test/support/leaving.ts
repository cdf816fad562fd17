/**
 * What files of tests do when they end, for modules that several of them import. A hook at the top of such a module is of no
 * use where files share a process: it belongs to the first that imports it.
 */

type Step = () => unknown;

const afterTests: Step[] = [];
const afterFiles: Step[] = [];
let isLookedAfter = false;

/** Said by the setup file that runs the steps. */
export function lookAfter(): void {
  isLookedAfter = true;
}

function keep(step: Step, steps: Step[]): void {
  if (!isLookedAfter) throw new Error("nothing would be freed: test/support/end-of-file.ts is no setup file here");
  steps.push(step);
}

/** Frees what was made while a test ran, or before the file's first one, when the next one ends. */
export function whenTestEnds(step: Step): void {
  keep(step, afterTests);
}

/** Frees what the file's tests share. */
export function whenFileEnds(step: Step): void {
  keep(step, afterFiles);
}

export const endTest = () => all(afterTests);

export async function endFile(): Promise<void> {
  await all(afterTests);
  await all(afterFiles);
}

async function all(steps: Step[]): Promise<void> {
  for (const step of steps.splice(0).reverse()) await step();
}
