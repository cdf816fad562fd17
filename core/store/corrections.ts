/** What may be said anew when a run is taken up: settings that nothing computed so far depends on. */
import type { Run } from "../run/run.js";
import type { RunState } from "../run/run-state.js";
import type { RunConfig } from "./run-config.js";
import { weightsOf } from "./weights-record.js";

/** Of a source: how its images are brought, which never changes what they are. That it is the same images, its fingerprint says. */
const bringing =
  "path layout and workers patience cacheBytes cachePath cachePathBytes prefetchBytes normalise maxPixels onBadImage badImageShare".split(
    " ",
  );

/** What a run has come to. */
interface Computed {
  readonly run: Pick<Run, "preset">;
  /** `null` when it has no checkpoint: then nothing is computed. */
  readonly state: Pick<RunState, "stages" | "models"> | null;
  /** Whether the file of a role's weights has the bytes that it had when the run began. */
  isSameFile(role: string): boolean;
}

/**
 * Why a setting can no longer be another; `null` when it can.
 *
 * @param path as in `stages.student.optimizer.learningRate`
 */
function reasonAgainst(path: string, { run, state, isSameFile }: Computed): string | null {
  if (!state) return null;
  const [, stage = "", ...setting] = path.split(".");
  const [first = "", second = "", third] = setting;
  if (first === "") return "the run would have other stages";
  if (first === "data" && bringing.includes(second)) return null;
  if (first === "evaluation" && second === "every") return null;
  if (first === "models") {
    const isBuilt = Object.hasOwn(state.models, second);
    const isMoved = third === "weights" && isSameFile(second);
    return isBuilt && !isMoved ? `the model of role "${second}" is in the checkpoint already` : null;
  }
  const { taken = 0 } = state.stages[stage] ?? {};
  if (taken > 0) return `stage "${stage}" has taken ${taken} steps with it`;
  const hasBegun = Object.values(state.stages).some((other) => other.taken > 0);
  if (hasBegun && run.preset.schedule) return "the stages take turns, and the turns so far depend on it";
  return null;
}

/** A word for each model that is to come and whose file of weights has other bytes than when the run began. */
export function otherWeights(run: Run, state: RunState | null, { weights = {} }: RunConfig): readonly string[] {
  const now = weightsOf(run, (role) => !Object.hasOwn(state?.models ?? {}, role));
  return Object.entries(now)
    .filter(([role, digest]) => weights[role] !== undefined && weights[role] !== digest)
    .map(
      ([role]) =>
        `The weights of role "${role}" are others than when the run began: ${run.config.run.models[role]?.weights}.`,
    );
}

/** The judge of a run that is taken up. @param config as its folder has it */
export function judgeOf(
  run: Run,
  state: RunState | null,
  { weights = {} }: RunConfig,
): (path: string) => string | null {
  const now = weightsOf(run);
  const isSameFile = (role: string) => weights[role] !== undefined && weights[role] === now[role];
  return (path) => reasonAgainst(path, { run, state, isSameFile });
}
