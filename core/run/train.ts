/** A run from its first step to its last, for whoever needs no more. */
import type { SettingsLayer } from "../config/config.js";
import type { StepReport } from "../values/records.js";
import type { Preset } from "./preset.js";
import { createRun } from "./run.js";

/** The whole trainer, seen from outside: `for await (const report of train(preset)) …`. Start an engine first. */
export async function* train(
  preset: Preset,
  config: SettingsLayer["config"] = {},
): AsyncGenerator<StepReport, void, undefined> {
  const run = await createRun({ preset, layers: [{ origin: "train()", config }] });
  try {
    run.check();
    yield* run.steps();
  } finally {
    await run.close();
  }
}
