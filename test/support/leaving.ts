/**
 * What files of tests do when they end, for modules that several of them import. A hook at the top of such a module is of no
 * use where files share a process: it belongs to the first that imports it.
 */

type Step = () => unknown;

const afterTests: Step[] = [];
const afterFiles: Step[] = [];

/** Frees what was made while a test ran, or before the file's first one, when the next one ends. */
export function whenTestEnds(step: Step): void {
  afterTests.push(step);
}

/** Frees what the file's tests share. */
export function whenFileEnds(step: Step): void {
  afterFiles.push(step);
}

export const endTest = () => all(afterTests);

export async function endFile(): Promise<void> {
  await all(afterTests);
  await all(afterFiles);
}

async function all(steps: Step[]): Promise<void> {
  for (const step of steps.splice(0).reverse()) await step();
}
