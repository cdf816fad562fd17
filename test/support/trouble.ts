/** Toy runs that go wrong, and what they say. */
import {
  type Activity,
  type Config,
  createRun,
  definePreset,
  type Logger,
  type Plugin,
  type PluginOption,
  type Run,
  type Training,
} from "../../core/index.js";
import { optimizers } from "../../plugins/optimizers/index.js";
import { toy, toyLoss, toySettings } from "./toy.js";

/** A plugin in one line. */
export function plugin(name: string, apply: (training: Training) => void): Plugin {
  return { name, apply };
}

/** One stage, cross-entropy, and the plugin under suspicion. */
export function toyRun(
  suspect: PluginOption,
  config: Config = {},
  logger?: Logger,
  onActivity?: (activity: Activity) => void,
): Promise<Run> {
  const preset = definePreset({
    name: "trouble",
    summary: "",
    plugins: [toy(), optimizers(), toyLoss(), suspect],
    stages: { student: { trains: "student" } },
    defaults: toySettings,
  });
  return createRun({ preset, layers: [{ origin: "test", config }], ...(logger && { logger }), onActivity });
}

/** What went wrong, what was said before, and the trained weights after each step and at the end. */
export interface Trouble {
  readonly error: Error | undefined;
  readonly warnings: readonly string[];
  readonly steps: number;
  readonly weights: readonly (readonly number[])[];
}

/** Walks a toy run to its end, or to its first error. */
export async function walk(suspect: PluginOption, config: Config = {}): Promise<Trouble> {
  const warnings: string[] = [];
  const run = await toyRun(suspect, config, { info: () => {}, warn: (message) => warnings.push(message) });
  const weights: number[][] = [];
  const note = () => {
    const { trained } = run.models.get("student").parameters;
    weights.push([...trained.values()].flatMap((variable) => [...variable.dataSync()]));
  };
  let error: Error | undefined;
  let steps = 0;
  try {
    for await (const _ of run.steps()) {
      steps += 1;
      note();
    }
  } catch (thrown) {
    error = thrown as Error;
  }
  note();
  await run.close();
  return { error, warnings, steps, weights };
}
