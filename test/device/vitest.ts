/** As much of vitest as the tests of kernels use, so that they run from one file where there is no vitest. */
import { inspect, isDeepStrictEqual } from "node:util";

type Work = () => unknown;

interface Group {
  readonly name: string;
  readonly before: Work[];
  readonly after: Work[];
  readonly beforeEach: Work[];
  readonly afterEach: Work[];
  readonly tests: { readonly name: string; readonly work: Work }[];
  readonly groups: Group[];
}

export interface Outcome {
  readonly passed: number;
  readonly failed: readonly { readonly name: string; readonly message: string }[];
}

const empty = (name: string): Group => ({
  name,
  before: [],
  after: [],
  beforeEach: [],
  afterEach: [],
  tests: [],
  groups: [],
});
let current = empty("");
let finishing: Work[] = [];

/** Runs the tests that a file declares while it is loaded. */
export async function outcomeOf(name: string, load: () => Promise<unknown>): Promise<Outcome> {
  current = empty(name);
  const failed: { readonly name: string; readonly message: string }[] = [];
  try {
    await load();
    return { passed: await runGroup(current, name, failed), failed };
  } catch (cause) {
    return { passed: 0, failed: [...failed, { name, message: String(cause) }] };
  }
}

async function runGroup(group: Group, path: string, failed: { name: string; message: string }[]): Promise<number> {
  let passed = 0;
  for (const work of group.before) await work();
  for (const { name, work } of group.tests) {
    finishing = [];
    try {
      for (const before of group.beforeEach) await before();
      await work();
      passed += 1;
    } catch (cause) {
      failed.push({ name: `${path} > ${name}`, message: String((cause as Error).message ?? cause).slice(0, 500) });
    } finally {
      for (const after of [...group.afterEach, ...finishing.reverse()]) await after();
    }
  }
  for (const inner of group.groups) passed += await runGroup(inner, `${path} > ${inner.name}`, failed);
  for (const work of group.after) await work();
  return passed;
}

function declareGroup(name: string, declare: () => void): void {
  const outer = current;
  const { beforeEach, afterEach } = outer;
  current = { ...empty(name), beforeEach: [...beforeEach], afterEach: [...afterEach] };
  outer.groups.push(current);
  declare();
  current = outer;
}

function declareTest(name: string, work: (...given: never[]) => unknown): void {
  current.tests.push({ name, work: work as Work });
}

/** `%s` takes the values in order, `$name` a field. */
function named(name: string, values: readonly unknown[]): string {
  let at = 0;
  const [first] = values;
  return name
    .replace(/%[sdijo]/g, () => String(values[at++]))
    .replace(/\$(\w+)/g, (_, key: string) => String((first as Record<string, unknown>)?.[key] ?? `$${key}`));
}

type Declare = (name: string, work: (...given: never[]) => unknown, timeout?: number) => void;

function withWays(declare: Declare) {
  const nothing: Declare = () => {};
  const each = (cases: readonly unknown[]) => (name: string, work: (...given: never[]) => unknown) => {
    for (const one of cases) {
      const values = Array.isArray(one) ? one : [one];
      declare(named(name, values), () => work(...(values as never[])));
    }
  };
  const ways = { each, skip: nothing };
  const skipIf = (condition: unknown) => Object.assign(condition ? nothing : declare, ways);
  return Object.assign((...given: Parameters<Declare>) => declare(...given), ways, {
    skipIf,
    runIf: (condition: unknown) => skipIf(!condition),
  });
}

export const describe = withWays(declareGroup as Declare);
export const test = withWays(declareTest);
export const beforeAll = (work: Work) => void current.before.push(work);
export const afterAll = (work: Work) => void current.after.push(work);
export const beforeEach = (work: Work) => void current.beforeEach.push(work);
export const afterEach = (work: Work) => void current.afterEach.push(work);
export const onTestFinished = (work: Work) => void finishing.push(work);
export const onTestFailed = () => {};

const matchers = {
  toBe: (got: unknown, want: unknown) => Object.is(got, want),
  toEqual: (got: unknown, want: unknown) => isDeepStrictEqual(plain(got), plain(want)),
  toStrictEqual: (got: unknown, want: unknown) => isDeepStrictEqual(got, want),
  toBeCloseTo: (got: number, want: number, digits: number = 2) => Math.abs(got - want) < 10 ** -digits / 2,
  toBeLessThan: (got: number, want: number) => got < want,
  toBeLessThanOrEqual: (got: number, want: number) => got <= want,
  toBeGreaterThan: (got: number, want: number) => got > want,
  toBeGreaterThanOrEqual: (got: number, want: number) => got >= want,
  toBeNaN: (got: unknown) => Number.isNaN(got),
  toBeDefined: (got: unknown) => got !== undefined,
  toBeUndefined: (got: unknown) => got === undefined,
  toBeNull: (got: unknown) => got === null,
  toBeTruthy: (got: unknown) => Boolean(got),
  toContain: (got: string | readonly unknown[], want: unknown) => (got as readonly unknown[]).includes(want),
  toHaveLength: (got: { readonly length: number }, want: number) => got.length === want,
  toMatch: (got: string, want: string | RegExp) => (typeof want === "string" ? got.includes(want) : want.test(got)),
  toMatchObject: (got: unknown, want: unknown) => holds(got, want),
  toThrow: (got: unknown, want?: string | RegExp) => isThrown(got, want),
};

/** Undefined fields count as absent. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([key, inner]) => [key, plain(inner)]),
  );
}

function holds(got: unknown, want: unknown): boolean {
  if (want === null || typeof want !== "object") return Object.is(got, want);
  return Object.entries(want).every(([key, inner]) => holds((got as Record<string, unknown>)?.[key], inner));
}

function isThrown(got: unknown, want?: string | RegExp): boolean {
  const message = (cause: unknown) => String((cause as Error)?.message ?? cause);
  const told = (cause: unknown) =>
    want === undefined || (typeof want === "string" ? message(cause).includes(want) : want.test(message(cause)));
  if (typeof got !== "function") return got instanceof Error && told(got);
  try {
    got();
    return false;
  } catch (cause) {
    return told(cause);
  }
}

type Name = keyof typeof matchers;

const names = Object.keys(matchers) as readonly Name[];

function matchersOf(got: unknown, isNot: boolean, note = ""): Readonly<Record<Name, (...want: unknown[]) => void>> {
  const check = (name: Name, want: readonly unknown[]) => {
    if (matchers[name](got as never, ...(want as [never])) !== isNot) return;
    const shown = [got, ...want]
      .map((one) => inspect(one, { breakLength: Number.POSITIVE_INFINITY }).slice(0, 200))
      .join(", ");
    throw new Error(`${note} ${isNot ? "not " : ""}${name}: ${shown}`.trim());
  };
  // Of all names.
  return Object.fromEntries(names.map((name) => [name, (...want: unknown[]) => check(name, want)])) as never;
}

/** What a promise comes to, asked later. */
function awaited(
  settle: () => Promise<unknown>,
  isNot: boolean,
): Readonly<Record<Name, (...want: unknown[]) => Promise<void>>> {
  const later =
    (name: Name) =>
    async (...want: unknown[]) =>
      matchersOf(await settle(), isNot)[name](...want);
  return Object.fromEntries(names.map((name) => [name, later(name)])) as never;
}

export function expect(got: unknown, note = "") {
  const promise = () => (typeof got === "function" ? (got as () => Promise<unknown>)() : (got as Promise<unknown>));
  const refused = () =>
    promise().then(
      () => {
        throw new Error("it did not fail");
      },
      (cause: unknown) => cause,
    );
  const resolves = { ...awaited(promise, false), not: awaited(promise, true) };
  return {
    ...matchersOf(got, false, note),
    not: matchersOf(got, true, note),
    resolves,
    rejects: { ...awaited(refused, false), not: awaited(refused, true) },
  };
}
