/** The settings of what watches over a run. */
import { z } from "zod";

/** What watches over a run, and when it speaks or stops. All of it is on by default. */
export interface WatchdogSettings {
  /** Counts tensors around every step; a second step that leaves some behind ends the run. Default true. */
  readonly tensors: boolean;
  /** Looks for NaN and infinities in every gradient before it is applied. Default true. */
  readonly gradients: boolean;
  /** Epochs of a stage after which memory should have settled. Default 2. */
  readonly memoryWarmup: number;
  /** MiB by which resident memory may grow steadily after that before it is reported. Default 256; `null`: never. */
  readonly memoryWarning: number | null;
  /** MiB by which it may grow steadily before the run ends. Default 4096; `null`: whatever the machine has. */
  readonly memoryLimit: number | null;
  /** Minutes without a sign of life after which the command ends the process. Default 10; `null`: never. */
  readonly stallMinutes: number | null;
  /** It waits at least so many times as long as the longest silence so far. Default 10. */
  readonly stallFactor: number;
}

/** @see WatchdogSettings */
export const watchdogDefaults: WatchdogSettings = {
  tensors: true,
  gradients: true,
  memoryWarmup: 2,
  memoryWarning: 256,
  memoryLimit: 4096,
  stallMinutes: 10,
  stallFactor: 10,
};

const positive = z.number().positive();

/** What may stand under `watchdogs` in a configuration. */
export const watchdogSchema = z
  .strictObject({
    tensors: z.boolean(),
    gradients: z.boolean(),
    memoryWarmup: z.number().int().nonnegative(),
    memoryWarning: positive.nullable(),
    memoryLimit: positive.nullable(),
    stallMinutes: positive.nullable(),
    stallFactor: positive,
  })
  .partial();
