/**
 * A process that calls every function of the addon with mistakes, since a crash would take the tests with it:
 * `node --import tsx process.ts RUNS SEED FILE`. FILE holds the call that is being made; what is wrong is printed.
 */
import { writeFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { type Addon, loadAddon } from "../../../../../plugins/engines/onednn/addon.js";
import { OnednnBackend } from "../../../../../plugins/engines/onednn/backend.js";
import { completeOptions } from "../../../../../plugins/engines/onednn/options.js";
import { registerKernels } from "../../../../../plugins/engines/onednn/register.js";
import { describeCall, recordCalls, withMistakes } from "./calls.js";
import { operations } from "./operations.js";

const [runs, seed, file = ""] = process.argv.slice(2);
const { addon, calls } = recordCalls(loadAddon());
// In blocks, on whatever processor, and in bf16: only so every function is called.
for (const [name, layout, precision] of [
  ["onednn", "blocked", "f32"],
  ["onednn in bf16", "plain", "bf16"],
] as const) {
  tf.registerBackend(name, () => new OnednnBackend(addon, { layout, precision }), 4);
  registerKernels(name, addon, completeOptions({ precision }).options);
  await tf.setBackend(name);
  for (const run of Object.values(operations)) tf.tidy(() => void run());
}
for (const [name, ...args] of [
  ["allocate", 4096],
  ["release", new ArrayBuffer(64)],
  ["setThreads", 2],
  ["describe"],
  ["releaseScratch"],
  ["matMulPieces", Int32Array.of(1, 1, 40, 30, 20, 0, 0, 0), 32],
] as const)
  calls.push({ name, args });
const [made, first] = ["convPlan", "convRun"].map((wanted) => calls.find(({ name }) => name === wanted));
if (made && first) {
  const [, input, filter, output, bias] = first.args;
  // A plan of its own: once tuned, it may want filters packed in another way than the recorded calls have them.
  const handle = loadAddon().convPlan(...(made.args as Parameters<Addon["convPlan"]>));
  calls.push({ name: "convTune", args: [handle, input, filter, output, bias] });
  calls.push({ name: "convDescribe", args: [handle] });
}

const native = loadAddon() as unknown as Readonly<Record<string, unknown>>;
// What a processor without units for bf16 refuses is tried where there are some.
const refused = loadAddon().describe().bf16 === "none" ? ["matMulBf16"] : [];
const exported = Object.keys(native).filter((name) => typeof native[name] === "function" && !refused.includes(name));
const byName = exported.map((name) => calls.filter((call) => call.name === name));
const uncalled = exported.filter((_, at) => byName[at]?.length === 0);
if (uncalled.length > 0) throw new Error(`no operation calls ${uncalled.join(", ")}: add one to operations.ts`);

const mistake = fc.record({ place: fc.nat(20), kind: fc.nat(11), detail: fc.nat(4096) });
const attempt = fc.record({
  of: fc.nat(exported.length - 1),
  call: fc.nat(10_000),
  mistakes: fc.array(mistake, { maxLength: 3 }),
});

function makeCall({ of, call: at, mistakes }: { of: number; call: number; mistakes: readonly never[] }): void {
  const candidates = byName[of] as typeof calls;
  const call = candidates[at % candidates.length] as (typeof calls)[number];
  const { args, isIntact } = withMistakes(call, mistakes);
  const words = describeCall(call.name, args);
  writeFileSync(file, words);
  try {
    (native[call.name] as (...given: unknown[]) => unknown)(...args);
  } catch (error) {
    if (!(error instanceof Error) || error.message === "") throw new Error(`${words} threw ${String(error)}`);
    if (mistakes.length === 0) throw new Error(`${words} is as the engine makes it, and threw ${error.message}`);
  }
  if (!isIntact()) throw new Error(`${words} wrote beyond its arrays`);
}

fc.assert(
  fc.property(attempt, (made) => makeCall(made as never)),
  { numRuns: Number(runs), seed: Number(seed), endOnFailure: false },
);
console.log(`${runs} calls of ${exported.length} functions`);
