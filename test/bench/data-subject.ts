/** fgkd's side of `npm run bench -- data`: walks over a folder for a while and says how many pictures a second it got. */
import { availableParallelism } from "node:os";
import { createTraining, type InputSettings } from "../../core/index.js";
import { type FolderOptions, sources } from "../../plugins/data/index.js";
import { startWasm } from "../../plugins/engines/wasm/index.js";

/** What is measured of it. */
export interface LoadRequest extends FolderOptions {
  readonly seconds: number;
  /** Passes before the clock starts: caches are full then. */
  readonly warm: number;
}

export interface LoadAnswer {
  readonly images_per_second: number;
  /** Of all processors, milliseconds a picture. */
  readonly processor: number;
}

const { seconds, warm, ...options } = JSON.parse(process.argv[2] ?? "{}") as LoadRequest;

const input: InputSettings = {
  resize: 146,
  fit: "warp",
  pad: 0,
  crop: 128,
  flip: 0.5,
  mean: [0.485, 0.456, 0.406],
  deviation: [0.229, 0.224, 0.225],
};

// A batch counts as soon as an engine has it.
await startWasm();
const training = createTraining({ plugins: [sources()] });
const chosen = training.sources.choose({ name: "folder", workers: availableParallelism(), ...options });
const source = await chosen.open([input]);

/** Pictures of one pass; no more once the time is over. */
async function walk(epoch: number, until: number): Promise<number> {
  let seen = 0;
  const pass = { split: "train", mode: "train", epoch, seed: "0", batchSize: 16, skip: 0, input } as const;
  for await (const { images, labels } of source.batches(pass)) {
    seen += images?.shape[0] ?? 0;
    images?.dispose();
    labels?.dispose();
    if (performance.now() > until) break;
  }
  return seen;
}

// Threads have started and code is compiled before anybody looks at the clock.
for (let pass = 0; pass < warm; pass++) await walk(pass, Number.POSITIVE_INFINITY);
const [begin, used] = [performance.now(), process.cpuUsage()];
let seen = 0;
for (let epoch = warm; performance.now() < begin + 1000 * seconds; epoch++)
  seen += await walk(epoch, begin + 1000 * seconds);
const took = (performance.now() - begin) / 1000;
const { user, system } = process.cpuUsage(used);
const answer: LoadAnswer = { images_per_second: seen / took, processor: (user + system) / 1000 / seen };
process.stdout.write(`${JSON.stringify(answer)}\n`);
await source.close();
