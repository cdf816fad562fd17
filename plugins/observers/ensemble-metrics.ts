/** Measures an ensemble at the end of each of its members' stages. */
import { z } from "zod";
import {
  definePlugin,
  describeOptions,
  invalidOption,
  type OptionsOf,
  prepareSource,
  type Source,
  type Training,
} from "../../core/index.js";
import { role } from "../layers/option-types.js";
import { pairwiseDisagreement } from "./ensemble/agreement.js";
import { ask } from "./ensemble/answers.js";
import { fitWeights } from "./ensemble/fit-weights.js";

const name = "ensemble-metrics";

/** A registered name with its own options, which the registry checks. */
const choice = z.looseObject({ name: z.string().min(1) });

const schema = z.object({
  members: z
    .array(role)
    .min(1)
    .readonly()
    .default(["student"])
    .describe("The roles of the members so far, the one that the stage trains last."),
  ensembler: choice.default({ name: "mean-logits" }).describe("How their answers are merged."),
  validation: choice
    .nullable()
    .default(null)
    .describe(
      "Data whose test split no member has seen: weights of the members are fitted to it, and the ensemble that they make is tested too. For a folder with val/: { name: folder, path: …, testFolders: [val] }.",
    ),
});

export type EnsembleMetricsOptions = OptionsOf<typeof schema>;

declare module "../../core/index.js" {
  interface Plugins {
    "ensemble-metrics": EnsembleMetricsOptions;
  }
}

/**
 * Adds to the metrics of the stage's last epoch what the members are together, on the test split: `ensembleAccuracy`; from
 * two members on, means over pairs of them: `disagreement` (percent of the images on which two say different things) and
 * `mapCorrelation` (of their spatial attention maps); and `blindShare` (percent of the places with high responses of the
 * newest member where an earlier one neither attends nor ignores). With `validation` also `weightedAccuracy`, and the
 * weight of each member. List it in the stage of each member, and the metrics tell of every prefix of the ensemble.
 *
 * @throws FGKD_INVALID_OPTION
 */
export const ensembleMetrics = definePlugin<EnsembleMetricsOptions>({
  name,
  ...describeOptions(name, schema),
  apply(training, options) {
    const { hooks, config } = training;
    hooks.epoch.tapPromise(name, async (report) => {
      if (report.epoch + 1 === config.epochs && config.data)
        report.measure(await measure(training, options, config.data));
    });
  },
});

async function measure(
  training: Training,
  { members: roles, ensembler, validation }: Required<EnsembleMetricsOptions>,
  data: { readonly name: string },
): Promise<Readonly<Record<string, number>>> {
  const { models, config, ensemblers } = training;
  const members = roles.map((role) => models.get(role));
  const weights = validation ? await fitted() : null;
  const chosen = ensemblers.choose(ensembler);
  const merging = weights ? [chosen, ensemblers.create("weighted", { weights })] : [chosen];
  const { labels, predictions, merged, correlations, blindShares } = await withSource(training, data, (source) =>
    ask(members, merging, source, config),
  );
  const accuracy = (guesses: readonly number[] = []) =>
    (100 * guesses.filter((guess, image) => guess === labels[image]).length) / labels.length;
  return {
    ensembleAccuracy: accuracy(merged[0]),
    ...(roles.length > 1 && {
      disagreement: pairwiseDisagreement(predictions),
      mapCorrelation: mean(correlations),
      blindShare: mean(blindShares),
    }),
    ...(weights && { weightedAccuracy: accuracy(merged[1]) }),
    ...Object.fromEntries((weights ?? []).map((weight, index) => [`weight/${roles[index]}`, weight])),
  };

  function fitted(): Promise<readonly number[]> {
    return withSource(training, validation as { readonly name: string }, async (source) => {
      if (String(source.classes) !== String(training.classes)) {
        const remedy = "Give data with the classes of the run.";
        throw invalidOption(name, "validation", `of the classes ${training.classes}`, source.classes, remedy);
      }
      return fitWeights((await ask(members, [], source, config)).trueProbabilities);
    });
  }
}

/** Opens data for as long as it is needed: a stage's own is not handed to plugins. */
async function withSource<T>(
  { sources, transforms }: Training,
  data: { readonly name: string },
  use: (source: Source) => Promise<T>,
): Promise<T> {
  const source = prepareSource(await sources.choose(data).open(), transforms);
  try {
    return await use(source);
  } finally {
    await source.close();
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
