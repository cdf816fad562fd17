/** Learning-rate schedules: a shape over the stage, and a warm-up before or on top of it. */
import { invalidOption, type Schedule } from "../../core/index.js";

/** What every schedule can be told. */
export interface WarmupOptions {
  /** Epochs over which the rate rises. Default 0: none; 5 to 20 are usual for transformers. */
  readonly warmupEpochs?: number;
  /**
   * The rate at which the warm-up begins; it rises from there in a line, and the shape takes over where it ends (timm).
   * Default `null`: the warm-up's `n`-th epoch has `n / warmupEpochs` of what the shape says.
   */
  readonly warmupStart?: number | null;
  /** Whether the shape begins when the warm-up is over. Default false: it goes on as if it had begun with the stage. */
  readonly afterWarmup?: boolean;
  /** Whether the rate changes once an epoch, or at every step. Default `epoch`. */
  readonly per?: "epoch" | "step";
}

export interface CosineOptions extends WarmupOptions {
  /** What the rate falls to at the stage's end. Default 0. */
  readonly minimum?: number;
}

export interface StepDecayOptions extends WarmupOptions {
  /** Multiplied by `factor` every so many epochs. Default `null`: at the milestones. */
  readonly every?: number | null;
  /** Epochs at which it is multiplied, counted from 0. Default: none. */
  readonly milestones?: readonly number[];
  /** Default 0.1. */
  readonly factor?: number;
}

export const warmupDefaults = { warmupEpochs: 0, warmupStart: null, afterWarmup: false, per: "epoch" } as const;

/** `rate`, from the first to the last step. */
export function constant(options: Required<WarmupOptions>): Schedule {
  return warmed("constant", options, (rate) => rate);
}

/** `minimum + (rate − minimum) · (1 + cos(π · time / end)) / 2`, time and end in epochs. */
export function cosine({ minimum, ...warmup }: Required<CosineOptions>): Schedule {
  check("cosine", "minimum", minimum >= 0, "at least 0", minimum);
  return warmed(
    "cosine",
    warmup,
    (rate, time, end) => minimum + (rate - minimum) * ((1 + Math.cos((Math.PI * time) / end)) / 2),
  );
}

/** `rate · factor^n`, with `n` the milestones that are passed. */
export function stepDecay({ every, milestones, factor, ...warmup }: Required<StepDecayOptions>): Schedule {
  check("step", "every", every === null || isCount(every, 1), "whole and positive", every);
  const areCounts = Array.isArray(milestones) && milestones.every((milestone) => isCount(milestone, 0));
  check("step", "milestones", areCounts, "a list of whole numbers", milestones);
  check("step", "factor", factor > 0, "greater than 0", factor);
  return warmed("step", warmup, (rate, time) => {
    const passed = every ? Math.floor(time / every) : milestones.filter((milestone) => time >= milestone).length;
    return rate * factor ** passed;
  });
}

/** The rate at a time, in epochs, of a course that ends at `end`. */
type Shape = (rate: number, time: number, end: number) => number;

function warmed(name: string, options: Required<WarmupOptions>, shape: Shape): Schedule {
  const { warmupEpochs, warmupStart, afterWarmup, per } = options;
  check(name, "warmupEpochs", isCount(warmupEpochs, 0), "a whole number of at least 0", warmupEpochs);
  check(name, "warmupStart", warmupStart === null || warmupStart >= 0, "at least 0", warmupStart);
  check(name, "per", per === "epoch" || per === "step", '"epoch" or "step"', per);
  const delay = afterWarmup ? warmupEpochs : 0;
  return ({ epoch, index }, { learningRate, epochs, steps }) => {
    const unit = per === "epoch" ? 1 : 1 / steps;
    const time = per === "epoch" ? epoch : epoch + index / steps;
    const isWarm = time >= warmupEpochs;
    if (!isWarm && warmupStart !== null) return warmupStart + (learningRate - warmupStart) * (time / warmupEpochs);
    const rate = learningRate * (isWarm ? 1 : (time + unit) / warmupEpochs);
    return shape(rate, Math.max(0, time - delay), epochs - delay);
  };
}

function isCount(value: number, least: number): boolean {
  return Number.isInteger(value) && value >= least;
}

function check(schedule: string, option: string, isGood: boolean, rule: string, value: unknown): void {
  if (!isGood) throw invalidOption(`schedule ${schedule}`, option, rule, value, "fgkd config shows what is set.");
}
