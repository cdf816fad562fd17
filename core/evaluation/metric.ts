/** Metrics: what an entry of that kind makes, and how several of them measure the same pass over a split. */
import type { Choice, Metrics } from "../registries/entry.js";
import { guarded } from "../registries/guarded.js";
import type { Registry } from "../registries/registry.js";
import { invalidConfig, notComposed } from "../values/errors.js";

/** What a model said of a batch of images, read once for all metrics. Made anew for every batch, so that it may be kept. */
export interface Scores {
  /** Images in the batch. */
  readonly images: number;
  readonly classes: number;
  /** `[images, classes]`, row by row, before softmax. */
  readonly logits: Float32Array;
  /** `[images, classes]`: the softmax of the logits, in double precision. Computed when first asked for. */
  readonly probabilities: Float64Array;
  /** `[images]`: position of the class with the largest logit, of equals the first. */
  readonly predictions: Int32Array;
  /** `[images]`: position of the true class. */
  readonly labels: Int32Array;
  /** Positions of the images in their split. */
  readonly indices: readonly number[];
}

/** One measurement under way: fed batch by batch, asked once. */
export interface Accumulator {
  add(scores: Scores): void;
  /** Numbers by the names that reports have them under; NaN where there was nothing to measure. */
  result(): Readonly<Record<string, number>>;
}

/** What an entry of the registry `metrics` makes. */
export interface Metric {
  /** Begins to measure a split. @param classes names in label order */
  begin(classes: readonly string[]): Accumulator;
}

/**
 * Several metrics as one.
 *
 * @returns whose `result` throws FGKD_INVALID_CONFIG when two of them give a number the same name
 */
export function together(metrics: readonly Metric[]): Metric {
  return {
    begin: (classes) => {
      const under = metrics.map((metric) => metric.begin(classes));
      return {
        add: (scores) => {
          for (const accumulator of under) accumulator.add(scores);
        },
        result: () => {
          const pairs = under.flatMap((accumulator) => Object.entries(accumulator.result()));
          const names = pairs.map(([name]) => name);
          const twice = names.find((name, index) => names.indexOf(name) !== index);
          if (twice === undefined) return Object.fromEntries(pairs);
          const problem = `two of them give a number named "${twice}"`;
          throw invalidConfig("evaluation.metrics", problem, "Leave one of them out.");
        },
      };
    },
  };
}

/**
 * The metrics that a stage's settings list.
 *
 * @param lines of `evaluation.metrics`
 * @throws FGKD_UNKNOWN_NAME, FGKD_UNKNOWN_OPTION, FGKD_INVALID_OPTION, FGKD_INVALID_CONFIG when two give the same name
 */
export function chooseMetrics(
  registry: Registry<Metrics, Metric>,
  lines: readonly (Choice<Metrics> | { readonly name: string })[],
): Metric {
  const all = together(lines.map((line) => watched(line.name, registry.choose(line))));
  namesOf(all);
  return all;
}

/** The names of the numbers that a metric gives, told by one that has seen nothing. */
export function namesOf(metric: Metric): readonly string[] {
  return Object.keys(metric.begin([]).result());
}

/** What it throws, or gives that is no number, names it. */
function watched(name: string, metric: Metric): Metric {
  const owner = `metric ${name}`;
  return {
    begin: (classes) => {
      const accumulator = guarded(owner, "begin", () => metric.begin(classes));
      return {
        add: (scores) => guarded(owner, "add", () => accumulator.add(scores)),
        result: () => {
          const numbers = guarded(owner, "result", () => accumulator.result());
          const wrong = Object.entries(numbers).find(([, value]) => typeof value !== "number");
          if (wrong) throw notComposed(owner, "result", `"${wrong[0]}" is ${JSON.stringify(wrong[1])}, not a number`);
          return numbers;
        },
      };
    },
  };
}
