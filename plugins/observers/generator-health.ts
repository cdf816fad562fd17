/** Whether a generator is healthy: numbers, a warning in words when it collapses, and pictures to look at. */
import { z } from "zod";
import { definePlugin, describeOptions, need, type OptionsOf } from "../../core/index.js";
import { count, role } from "../layers/option-types.js";
import { encodePng } from "../pictures/index.js";
import { imageGrid } from "./health/image-grid.js";
import { type Look, lookAt } from "./health/look.js";
import { problemsOf } from "./health/problems.js";
import { agreementOf, type ClassStatistics, classStatistics } from "./health/statistics.js";

const name = "generator-health";

/** Steps before a generator is judged: it starts grey, and after so many a sound one is far from that. */
const grown = 20;

const schema = z.object({
  every: count.default(5).describe("Epochs from one look to the next; the first and the last are looked at as well."),
  generator: role.default("generator").describe("The role whose images are looked at."),
  teacher: role.default("teacher").describe("The role whose classes are counted."),
  student: role
    .nullable()
    .default("student")
    .describe("Whose answers are compared with the teacher's; null: nobody's."),
});

export type GeneratorHealthOptions = OptionsOf<typeof schema>;

declare module "../../core/index.js" {
  interface Plugins {
    "generator-health": GeneratorHealthOptions;
  }
}

/**
 * Looks at a batch of generated images every few epochs. The noise is drawn from a stream of its own, and is the same at every
 * look, so that pictures can be compared; training does not notice. Metrics, all named `generated/…`: `classes` that the
 * teacher sees, `largestShare` (percent) and `entropy` (0 to 1) of them, `agreement` of teacher and student (percent),
 * `batchNormDistance`, and of the pictures `meanAbsolute`, `saturated` (percent) and `spread` (levels of 255). The shares of
 * all classes and the distances of all layers are left as `artifacts/<stage>/epoch-005.json`, the images as a grid in
 * `epoch-005.png`. A generator that collapses is reported in words, once for each way to do so, from 20 steps on.
 *
 * List it after `noise()`.
 *
 * @throws FGKD_INVALID_OPTION, FGKD_MISSING_FIELD
 */
export const generatorHealth = definePlugin<GeneratorHealthOptions>({
  name,
  ...describeOptions(name, schema),
  apply(training, options) {
    const { hooks, config, stage, artifacts, logger, classes } = training;
    const told = new Set<string>();
    let size = 0;
    hooks.batch.tap(name, (batch) => {
      size = need(batch, "noise", name, "List noise() before it.").shape[1];
      return batch;
    });
    hooks.epoch.tapPromise(name, async ({ epoch, measure }) => {
      const passed = epoch + 1;
      if (epoch > 0 && passed % options.every !== 0 && passed !== config.epochs) return;
      const look = await lookAt(training, options, size, `${config.seed}/${stage}/${name}`);
      const seen = classStatistics(look.byTeacher, classes.length);
      const numbers = numbersOf(look, seen);
      measure(Object.fromEntries(Object.entries(numbers).map(([key, value]) => [`generated/${key}`, value])));
      const file = `${stage}/epoch-${String(passed).padStart(3, "0")}`;
      const images = look.byTeacher.length;
      const shares = classes.map((label, index) => [label, (100 * (seen.counts[index] ?? 0)) / images]);
      artifacts.write(
        `${file}.json`,
        text({ images, ...numbers, shares: Object.fromEntries(shares), layers: look.layers }),
      );
      artifacts.write(`${file}.png`, await encodePng(imageGrid(look.pixels, look.shape)));
      if (passed * (config.stepsPerEpoch ?? 1) < grown) return;
      for (const { kind, words } of problemsOf(seen, look.images, classes, `stages.${stage}.options`)) {
        if (!told.has(kind)) logger.warn(`stage "${stage}", epoch ${passed}: ${words}`);
        told.add(kind);
      }
    });
  },
});

function numbersOf({ images, byTeacher, byStudent, layers }: Look, seen: ClassStatistics) {
  const numbers = {
    classes: seen.seen,
    largestShare: seen.largestShare,
    entropy: seen.entropy,
    ...(byStudent && { agreement: agreementOf(byTeacher, byStudent) }),
    ...(layers.length > 0 && {
      batchNormDistance: layers.reduce((sum, { mean, variance }) => sum + mean + variance, 0),
    }),
    ...images,
  };
  return Object.fromEntries(Object.entries(numbers).map(([key, value]) => [key, rounded(value)]));
}

function text(detail: object): string {
  const round = (_: string, value: unknown) => (typeof value === "number" ? rounded(value) : value);
  return `${JSON.stringify(detail, round, 2)}\n`;
}

/** Five digits, for people. */
function rounded(value: number): number {
  return Number(value.toPrecision(5));
}
