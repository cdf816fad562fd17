/** Finished runs, taken up again to be measured. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { createRun, evaluate, need, type Run, type RunRequest } from "../../core/index.js";
import * as presets from "../../presets/index.js";

/** The run of a folder with its models as they ended, and its engine started. The caller closes it. */
export async function openTrained(folder: string, engine: string): Promise<Run> {
  const { preset: name, layers } = JSON.parse(readFileSync(join(folder, "config.json"), "utf8")) as RunRequest;
  const preset = Object.values(presets).find((known) => known.name === name);
  if (!preset) throw new Error(`${folder} was made by no preset of fgkd`);
  const models = readdirSync(join(folder, "models")).map((file) => {
    return [basename(file, ".safetensors"), { weights: join(folder, "models", file) }] as const;
  });
  const trained = { origin: folder, config: { models: Object.fromEntries(models) } };
  const run = await createRun({ preset, layers: [...layers, trained] });
  if (engine === "auto") await startFirst(run);
  else await run.engines.choose({ name: engine }).start();
  return run;
}

async function startFirst({ engines }: Run): Promise<void> {
  for (const name of engines.names) {
    const engine = engines.choose({ name });
    if ((await engine.check()).available) return void (await engine.start());
  }
}

/** On how many test images two models of a run give the same answer, right or wrong, in percent. */
export async function agreementOf(run: Run, role: string, other: string): Promise<number> {
  const stage = run.stages.at(-1);
  if (!stage) throw new Error("the run has no stage");
  const { batchSize, input } = stage.config;
  const logits = (of: string, images: tf.Tensor4D) =>
    need(run.models.get(of).forward({ images }, "eval"), "logits", of);
  let [same, images] = [0, 0];
  await evaluate(
    (batch) => {
      const seen = need(batch, "images", "agreement");
      const [one, two] = [logits(role, seen), logits(other, seen)];
      same += tf.sum(one.argMax(1).equal(two.argMax(1))).dataSync()[0] as number;
      images += seen.shape[0];
      return one;
    },
    run.source(stage.stage),
    { batchSize, input },
  );
  return (100 * same) / images;
}
