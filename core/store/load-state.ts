/** Puts what a checkpoint holds into a run, once its models are known to be those of the run. */
import { modelOf } from "../models/model.js";
import type { Run } from "../run/run.js";
import type { RunState } from "../run/run-state.js";
import { weightsMismatch } from "../values/errors.js";
import type { NamedArray } from "../values/named-array.js";

/**
 * @param source as messages name it
 * @throws FGKD_WEIGHTS_MISMATCH when the checkpoint's models are not those of the run
 */
export function loadState(run: Run, state: RunState, source: string): void {
  for (const [role, arrays] of Object.entries(state.models)) checkShapes(run, role, arrays, source);
  for (const [stage, { best }] of Object.entries(state.stages)) {
    const role = run.preset.stages[stage]?.trains;
    if (best?.weights && role !== undefined) checkShapes(run, role, best.weights, source);
  }
  run.load(state);
}

function checkShapes(run: Run, role: string, arrays: ReadonlyMap<string, NamedArray>, source: string): void {
  const { shapes } = modelOf(run.models, role).parameters;
  const wrong = [...arrays].flatMap(([name, { shape }]) => {
    const wanted = shapes.get(name);
    if (!wanted) return [`"${name}" is unexpected`];
    return String(wanted) === String(shape) ? [] : [`"${name}" is [${shape}], not [${wanted}]`];
  });
  const missing = [...shapes.keys()].filter((name) => !arrays.has(name)).map((name) => `"${name}" is missing`);
  if (wrong.length + missing.length > 0) throw weightsMismatch(role, source, [...wrong, ...missing]);
}
