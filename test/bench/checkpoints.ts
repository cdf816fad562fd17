/**
 * What checkpoints cost training, by the clock of the training thread:
 * `npx tsx test/bench/checkpoints.ts [engine] [epochs] [demo|large]`.
 *
 * `demo`: the preset dadkd at demo scale, a checkpoint after every epoch. `large`: a state of 360 MB, copied and written
 * without training, at least five times.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRun, createRunFolder, type Run } from "../../core/index.js";
import { dadkd } from "../../presets/index.js";
import { type EngineName, startEngine } from "../support/engines.js";
import { firstWeights } from "../support/first-weights.js";

const [engine = "wasm", epochs = "3", scale = "demo"] = process.argv.slice(2);
await startEngine(engine as EngineName);
const path = mkdtempSync(join(tmpdir(), "fgkd-bench-"));
const request = { preset: "dadkd", layers: [], plugins: [] };

const middle = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** The same, with the processor's time, of all threads: on a busy machine the clock tells how busy it is. */
async function timedTwice(work: () => Promise<unknown>) {
  const before = process.cpuUsage();
  const clock = await timed(work);
  const { user, system } = process.cpuUsage(before);
  return { clock, user: user / 1000, system: system / 1000 };
}

async function demo(): Promise<void> {
  const layers = [
    { origin: "demo", config: dadkd.scales?.demo ?? {} },
    { origin: "bench", config: { epochs: Number(epochs), stages: { teacher: { epochs: Number(epochs) } } } },
  ];
  const run = await createRun({ preset: dadkd, layers });
  const folder = await createRunFolder(path, request, run);
  const [training, saving]: [number[], number[]] = [[], []];
  let last = performance.now();
  let epoch = 0;
  for await (const report of run.steps()) {
    epoch += performance.now() - last;
    if (report.epoch) {
      saving.push(await timed(() => folder.checkpoint(run, {}, report.epoch)));
      training.push(epoch);
      epoch = 0;
    }
    last = performance.now();
  }
  await folder.settle();
  const share = (100 * sum(saving)) / sum(training);
  console.log(
    `${engine}: ${training.length} epochs, median ${middle(training).toFixed(0)} ms; a checkpoint holds training up for ` +
      `${middle(saving).toFixed(1)} ms (median), ${Math.max(...saving).toFixed(1)} ms (worst): ${share.toFixed(2)} % in all`,
  );
  console.log(`${size()} MB on disk for each`);
  await folder.close();
  await run.close();
}

/** The training thread's part and the whole, for a teacher of ResNet-101, and a student of ResNet-50 with its momentum. */
async function large(): Promise<void> {
  const config = {
    data: { name: "birds", classes: 12, train: 2, test: 1 },
    input: { resize: 40, crop: 32 },
    batchSize: 2,
    // Not the last epoch: a stage that has ended keeps no optimiser.
    epochs: 2,
    stepsPerEpoch: 1,
    models: {
      teacher: { backbone: { name: "resnet101" } },
      student: { backbone: { name: "resnet50" }, input: { size: 32 } },
    },
    options: { snapmix: { probability: 0, camWeights: "classifier" } },
  } as const;
  const layers = [{ origin: "bench", config }];
  const weights = await firstWeights({ preset: dadkd, layers }, "teacher", path);
  const taught = { models: { teacher: { weights } }, stages: { teacher: { enabled: false } } };
  const run = await createRun({ preset: dadkd, layers: [...layers, { origin: "teacher", config: taught }] });
  const folder = await createRunFolder(path, request, run);
  const steps = run.steps();
  await steps.next();
  const times = Math.max(5, Number(epochs));
  const held: Awaited<ReturnType<typeof timedTwice>>[] = [];
  const written: number[] = [];
  for (let time = 0; time < times; time++) {
    const one = await timedTwice(() => folder.checkpoint(run as Run, {}));
    held.push(one);
    written.push(one.clock + (await timed(() => folder.settle())));
  }
  const least = (of: (one: (typeof held)[number]) => number) => Math.min(...held.map(of)).toFixed(0);
  console.log(
    `${engine}: training held up for ${least(({ clock }) => clock)} ms by the clock, ${least(({ user }) => user)} ms of the ` +
      `processor and ${least(({ system }) => system)} ms of the system for it (least of ${times} each), ` +
      `${Math.max(...held.map(({ clock }) => clock)).toFixed(0)} ms at worst; on the disk after ` +
      `${Math.min(...written).toFixed(0)} to ${Math.max(...written).toFixed(0)} ms`,
  );
  console.log(`${size()} MB on disk for each`);
  await folder.close();
  await run.close();
}

function size(): string {
  const folder = join(path, "checkpoints");
  return (Math.max(...readdirSync(folder).map((file) => statSync(join(folder, file)).size)) / 1e6).toFixed(1);
}

try {
  await (scale === "large" ? large() : demo());
} finally {
  rmSync(path, { recursive: true, force: true });
}
