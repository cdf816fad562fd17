/** Learning-rate schedules: a shape over the stage, and a warm-up before or on top of it. */
import { z } from "zod";
import type { OptionsOf, Schedule } from "../../core/index.js";
import { count } from "../layers/option-types.js";

const epochs = z.number().int().nonnegative();

/** What every schedule can be told. */
export const warmupSchema = z.object({
  warmupEpochs: epochs.default(0).describe("Epochs over which the rate rises; 5 to 20 are usual for transformers."),
  warmupStart: z
    .number()
    .nonnegative()
    .nullable()
    .default(null)
    .describe(
      "The rate at which the warm-up begins; it rises from there in a line, and the shape takes over where it ends (timm). null: the warm-up's n-th epoch has n / warmupEpochs of what the shape says.",
    ),
  afterWarmup: z
    .boolean()
    .default(false)
    .describe("Whether the shape begins when the warm-up is over; else it goes on as if it had begun with the stage."),
  lag: epochs
    .default(0)
    .describe(
      "Epochs by which the rate is late: with 1, which is how DeiT's script calls it, the second epoch has the first one's rate, too.",
    ),
  per: z.enum(["epoch", "step"]).default("epoch").describe("Whether the rate changes once an epoch, or at every step."),
});

export const cosineSchema = warmupSchema.extend({
  minimum: z.number().nonnegative().default(0).describe("What the rate falls to at the stage's end."),
});

export const stepDecaySchema = warmupSchema.extend({
  every: count.nullable().default(null).describe("Multiplied by factor every so many epochs; null: at the milestones."),
  milestones: z.array(epochs).readonly().default([]).describe("Epochs at which it is multiplied, counted from 0."),
  factor: z.number().positive().default(0.1).describe("By which it is multiplied."),
});

export const rangeTestSchema = z.object({
  from: z.number().positive().default(1e-6).describe("The rate of the first step."),
  to: z.number().positive().default(10).describe("The rate of the last step."),
});

export type RangeTestOptions = OptionsOf<typeof rangeTestSchema>;
export type WarmupOptions = OptionsOf<typeof warmupSchema>;
export type CosineOptions = OptionsOf<typeof cosineSchema>;
export type StepDecayOptions = OptionsOf<typeof stepDecaySchema>;

/** `rate`, from the first to the last step. */
export function constant(options: Required<WarmupOptions>): Schedule {
  return warmed(options, (rate) => rate);
}

/** `minimum + (rate − minimum) · (1 + cos(π · time / end)) / 2`, time and end in epochs. */
export function cosine({ minimum, ...warmup }: Required<CosineOptions>): Schedule {
  return warmed(warmup, (rate, time, end) => minimum + (rate - minimum) * ((1 + Math.cos((Math.PI * time) / end)) / 2));
}

/** `rate · factor^n`, with `n` the milestones that are passed. */
export function stepDecay({ every, milestones, factor, ...warmup }: Required<StepDecayOptions>): Schedule {
  return warmed(warmup, (rate, time) => {
    const passed = every ? Math.floor(time / every) : milestones.filter((milestone) => time >= milestone).length;
    return rate * factor ** passed;
  });
}

/**
 * From one rate to another by the same factor at each step, whatever the learning rate is set to: for looking where a loss begins to
 * fall, and where it no longer does.
 *
 * @see Smith, "Cyclical Learning Rates for Training Neural Networks", WACV 2017, section 3.3
 */
export function rangeTest({ from, to }: Required<RangeTestOptions>): Schedule {
  return ({ epoch, index }, { epochs, steps }) =>
    from * (to / from) ** ((epoch * steps + index) / Math.max(1, epochs * steps - 1));
}

/** The rate at a time, in epochs, of a course that ends at `end`. */
type Shape = (rate: number, time: number, end: number) => number;

function warmed(options: Required<WarmupOptions>, shape: Shape): Schedule {
  const { warmupEpochs, warmupStart, afterWarmup, lag, per } = options;
  const delay = afterWarmup ? warmupEpochs : 0;
  return ({ epoch, index }, { learningRate, epochs, steps }) => {
    const unit = per === "epoch" ? 1 : 1 / steps;
    const time = Math.max(0, (per === "epoch" ? epoch : epoch + index / steps) - lag);
    const isWarm = time >= warmupEpochs;
    if (!isWarm && warmupStart !== null) return warmupStart + (learningRate - warmupStart) * (time / warmupEpochs);
    const rate = learningRate * (isWarm ? 1 : (time + unit) / warmupEpochs);
    return shape(rate, Math.max(0, time - delay), epochs - delay);
  };
}
