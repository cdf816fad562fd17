import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FgkdError, type RunState, writeCheckpoint } from "../../../core/index.js";
import { packCheckpoint, readCheckpoint } from "../../../core/store/checkpoint-format.js";
import { cases } from "../../support/cases.js";

let folder: string;
let path: string;
let whole: Uint8Array;
let state: RunState;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "fgkd-hostile-"));
  path = await writeCheckpoint(folder, original);
  whole = readFileSync(path);
  state = readCheckpoint(path);
});
afterAll(() => rmSync(folder, { recursive: true }));

const array = (...values: readonly number[]) => ({ shape: [values.length], data: Float32Array.from(values) });

const original: RunState = {
  stages: {
    student: {
      epoch: 1,
      index: 2,
      taken: 5,
      finished: false,
      sums: { crossEntropy: 0.1 + 0.2 },
      optimizer: { count: 5, slots: new Map([["fc.weight/momentum", array(0.1, -0)]]) },
      plugins: { patience: { values: { best: 71.25, waited: [3] }, tensors: new Map([["mean", array(1, 2)]]) } },
    },
  },
  models: { student: new Map([["fc.weight", array(1 / 3, 2 ** -149)]]) },
  random: { "student/snapmix": [1, -2, 3, -4] },
  history: [
    { stage: "student", epoch: 0, losses: { crossEntropy: 1e-300 }, metrics: { accuracy: 50 }, learningRate: 0.1 },
  ],
  spent: { student: { seconds: 1.5, images: 12 } },
};

/** What reading comes to: the state, or the code of the refusal. Any other error fails the test. */
function outcome(file: string): RunState | string {
  try {
    return readCheckpoint(file);
  } catch (error) {
    if (!(error instanceof FgkdError)) throw error;
    expect(error.message).toContain(folder);
    expect(error.message.length).toBeLessThan(1000);
    return error.code;
  }
}

/** A checkpoint with whatever state, and the checksum that goes with it. */
function forge(forged: unknown): RunState | string {
  const file = JSON.parse(new TextDecoder().decode(whole)) as object;
  const text = JSON.stringify(forged);
  const stateSha256 = createHash("sha256").update(text).digest("hex");
  writeFileSync(path, `${JSON.stringify({ ...file, state: undefined, stateSha256 }).slice(0, -1)},"state":${text}}`);
  return outcome(path);
}

const savedState = () => (JSON.parse(new TextDecoder().decode(whole)) as { readonly state: typeof saved }).state;
type Tree = Readonly<Record<string, unknown>>;
let saved: { readonly stages: { readonly student: Tree } } & Tree;

describe("a checkpoint from a stranger", () => {
  test("is refused, or read as it was, whatever byte of its two files was changed", () => {
    const tensors = path.replace(".json", ".safetensors");
    const wholeTensors = readFileSync(tensors);
    const check = (inState: boolean, where: number, flip: number) => {
      const [file, good] = inState ? [path, whole] : [tensors, wholeTensors];
      const bytes = Uint8Array.from(good);
      const at = where % bytes.length;
      bytes[at] = (bytes[at] as number) ^ flip;
      writeFileSync(file, bytes);
      const found = outcome(path);
      writeFileSync(file, good);
      if (found !== "FGKD_CORRUPT_FILE") expect(found).toEqual(state);
    };
    fc.assert(
      fc.property(fc.boolean(), fc.nat(), fc.integer({ min: 1, max: 255 }), check),
      cases("checkpoint: any byte changed"),
    );
  });

  test("is whole to begin with, and so is the same state under a new checksum", () => {
    expect(state).toEqual(original);
    expect(forge(savedState())).toEqual(original);
  });

  const anEpoch = { stage: "student", epoch: 0, losses: {}, metrics: {}, learningRate: 1 };
  const student = (changes: Tree) => ({ stages: { student: { ...savedState().stages.student, ...changes } } });
  test.each([
    ["steps that no run takes, which would be replayed one by one", () => student({ taken: 1e15 })],
    ["steps that another file holds", () => student({ taken: 6 })],
    ["steps below 0", () => student({ taken: -1 })],
    ["half an epoch", () => student({ epoch: 0.5 })],
    ["a text for a truth", () => student({ finished: "no" })],
    ["no plugins", () => student({ plugins: undefined })],
    ["a list of sums", () => student({ sums: ["a"] })],
    ["stages that are none", () => ({ stages: { student: null } })],
    ["a random stream of three numbers", () => ({ random: { "student/snapmix": [1, 2, 3] } })],
    ["a random stream of halves", () => ({ random: { "student/snapmix": [1, 2, 3, 0.5] } })],
    ["a history that is none", () => ({ history: "long" })],
    ["an epoch without losses", () => ({ history: [{ stage: "student", epoch: 0, metrics: {}, learningRate: 1 }] })],
    ["roles that are no names", () => ({ roles: [1] })],
    ["a best epoch that is none", () => student({ best: { epoch: -1, accuracy: 50 } })],
    ["a best epoch of no accuracy", () => student({ best: { epoch: 1 } })],
    ["an epoch of a split that is none", () => ({ history: [{ ...anEpoch, split: "tset" }] })],
    ["an epoch with a text for its worth", () => ({ history: [{ ...anEpoch, test: { accuracy: "50" } }] })],
    ["a time that is none", () => ({ spent: { student: { seconds: "1", images: 1 } } })],
  ])("is refused with %s", (_, changes) => {
    expect(forge({ ...savedState(), ...changes() })).toBe("FGKD_CORRUPT_FILE");
  });

  test("is refused, or read as a state, whatever stands under a checksum of its own", () => {
    const before = Object.getOwnPropertyNames(Object.prototype);
    const key = fc.constantFrom("stages", "roles", "random", "history", "spent", "__proto__", "constructor");
    const inner = fc.constantFrom("epoch", "index", "taken", "finished", "sums", "updates", "plugins", "__proto__");
    const value = fc.jsonValue({ maxDepth: 2 });
    const check = (outer: boolean, name: string, innerName: string, by: unknown) => {
      const now = savedState();
      const forged = outer ? withKey(now, name, by) : { ...now, ...student(withKey({}, innerName, by)) };
      const found = forge(forged);
      if (typeof found === "string") return void expect(found).toBe("FGKD_CORRUPT_FILE");
      expect(Object.values(found.stages).every(({ taken }) => Number.isSafeInteger(taken))).toBe(true);
      expect(Array.isArray(found.history)).toBe(true);
    };
    fc.assert(fc.property(fc.boolean(), key, inner, value, check), cases("checkpoint: any state under its checksum"));
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
  });

  test("of a plugin that puts into JSON what belongs into tensors is not written", () => {
    const values = "x".repeat(2 ** 26);
    const { student } = original.stages;
    const heavy = {
      ...original,
      stages: { student: { ...student, plugins: { slim: { values: 1 }, hoarder: { values } } } },
    };
    expect(() => packCheckpoint(heavy as RunState)).toThrow(
      /^FGKD_PLUGIN_FAILED \[hoarder\] failed in save: .* Keep what is large as tensors$/,
    );
  });
});

describe("the history of a run", () => {
  test("goes through a checkpoint to its metrics without a change, NaN as null", async () => {
    const numbers = fc.dictionary(fc.string(), fc.oneof(fc.double(), fc.nat(100)), {
      maxKeys: 3,
      noNullPrototype: true,
    });
    const summary = fc.record(
      {
        stage: fc.string(),
        epoch: fc.nat(),
        losses: numbers,
        metrics: numbers,
        learningRate: fc.double({ min: 0, max: 1e3, noNaN: true }),
      },
      { noNullPrototype: true },
    );
    const home = mkdtempSync(join(tmpdir(), "fgkd-history-"));
    const check = async (history: RunState["history"]) => {
      const found = readCheckpoint(await writeCheckpoint(home, { ...original, history })).history;
      const lines = (of: RunState["history"]) => of.map((one) => JSON.stringify(one));
      // As text: what is written to metrics.jsonl anew is what was written first.
      expect(lines(found)).toEqual(lines(history));
    };
    await fc.assert(fc.asyncProperty(fc.array(summary, { maxLength: 4 }), check), cases("metrics: any history"));
    rmSync(home, { recursive: true });
  });
});

/** With any key, "__proto__" too. */
function withKey(record: Tree, key: string, value: unknown): Tree {
  return Object.fromEntries([...Object.entries(record).filter(([one]) => one !== key), [key, value]]);
}
