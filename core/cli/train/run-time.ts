/** How long a run will take, judged by its first steps, and what is told of it before hours of work. */
import {
  countDue,
  countIn,
  type Preset,
  type PublicWeights,
  type Run,
  type Scale,
  type Settings,
  type Source,
  type Split,
  splitToMeasure,
  stepsPerEpoch,
  teacherRole,
  viewCounts,
} from "../../index.js";

/** From so many seconds on, work is worth a question. */
export const hour = 3600;

/** All that a stage will do, in steps. */
export interface StageWork {
  readonly stage: string;
  readonly title: string;
  /** A step for each batch of each epoch; tests count as the part of a step that they are. */
  readonly steps: number;
}

/** A batch is run forward in a test: about a third of forward, backward and update. */
const testShare = 1 / 3;

/** @param sourceOf the data of a stage, all of it */
export function workOf({ stages, preset }: Pick<Run, "stages" | "preset">, sourceOf: (stage: string) => Source) {
  return stages.map(({ stage, config }): StageWork => {
    const source = sourceOf(stage);
    const steps = config.epochs * stepsPerEpoch(config, source) + testBatches(config, source) * testShare;
    return { stage, title: preset.stages[stage]?.title ?? stage, steps };
  });
}

/** A batch for each view. Over all epochs that are measured, and, where another split measured them, one look at the test split in the end. */
function testBatches({ batchSize, epochs, evaluation }: Settings, source: Source): number {
  const batches = (split: Split) =>
    countIn(source, split) > 0 ? source.batchCount({ split, mode: "test", batchSize }) : 0;
  const tests = countDue(epochs, evaluation);
  if (tests === 0) return 0;
  const split = splitToMeasure(evaluation, source);
  const views = evaluation.testTime ? viewCounts[evaluation.testTime] : 1;
  return views * (tests * batches(split) + (split === "test" ? 0 : batches("test")));
}

/**
 * Seconds that the work will take.
 *
 * @param pace seconds of a step, by stage; a stage that has none yet is taken to be as slow as the first that has
 */
export function secondsOf(work: readonly StageWork[], pace: ReadonlyMap<string, number>): number {
  const [first = 0] = pace.values();
  return work.reduce((sum, { stage, steps }) => sum + steps * (pace.get(stage) ?? first), 0);
}

/** `40 seconds`, `25 minutes`, `7 hours`, `12 days`: no more is known. */
export function roughly(seconds: number): string {
  const [size, unit] = (
    [
      [86_400, "day"],
      [3600, "hour"],
      [60, "minute"],
      [1, "second"],
    ] as const
  ).find(([size]) => seconds >= 2 * size) ?? [1, "second"];
  const whole = Math.max(1, Math.round(seconds / size));
  return `about ${whole} ${unit}${whole === 1 ? "" : "s"}`;
}

/** What a run is made of, as far as its length goes. */
export interface Circumstances {
  readonly preset: Preset;
  readonly models: Settings["models"];
  readonly enabled: readonly string[];
  readonly scale: Scale | undefined;
  /** Whether the engine computes on a GPU. */
  readonly gpu: boolean;
  /** That fit a backbone. Default: none are known. */
  readonly publicWeights?: (backbone: string) => readonly PublicWeights[];
}

/** The roles that the publication starts from public weights, and this run from nothing. */
export function fromScratch({ preset, models, enabled, scale }: Circumstances): readonly string[] {
  // No public weights fit the networks of another scale.
  if (scale !== "paper") return [];
  const trained = enabled.map((stage) => preset.stages[stage]?.trains);
  return (preset.pretrained ?? []).filter((role) => trained.includes(role) && !models[role]?.weights);
}

/** What would make a long run feasible: only what helps here. */
export function remedies(about: Circumstances): readonly string[] {
  const { preset, enabled, scale, gpu } = about;
  const teacher = preset.teacher ?? teacherRole;
  const taught = enabled.filter((stage) => preset.stages[stage]?.trains === teacher);
  const scratch = fromScratch(about);
  return [
    ...(scale === "paper" && preset.scales?.demo ? ["--scale demo: small networks and images"] : []),
    ...(gpu ? [] : ["an engine on a GPU: fgkd doctor says which there are"]),
    ...(scratch.length > 0
      ? [
          `${scratch.map((role) => `--set models.${role}.weights=${nameOf(about, role)}`).join(" ")}: the weights that the method starts from as published, with which far fewer --epochs do`,
        ]
      : []),
    ...(taught.length > 0 && taught.length < enabled.length
      ? [`--teacher FILE: a trained teacher, so that ${taught.join(", ")} is passed over`]
      : []),
  ];
}

/** What `weights` would be: a name where there is one. */
function nameOf({ models, publicWeights }: Circumstances, role: string): string {
  const { backbone } = models[role] ?? {};
  return (backbone && publicWeights?.(backbone.name)[0]?.name) ?? "FILE";
}
