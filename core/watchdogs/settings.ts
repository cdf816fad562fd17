/** The settings of what watches over a run. */
import { z } from "zod";

/** What watches over a run, and when it speaks or stops. All of it is on by default. */
export interface WatchdogSettings {
  /** Counts tensors around every step; a second step that leaves some behind ends the run. Default true. */
  readonly tensors: boolean;
  /** Looks for NaN and infinities in every gradient before it is applied. Default true. */
  readonly gradients: boolean;
}

/** @see WatchdogSettings */
export const watchdogDefaults: WatchdogSettings = {
  tensors: true,
  gradients: true,
};

/** What may stand under `watchdogs` in a configuration. */
export const watchdogSchema = z
  .strictObject({
    tensors: z.boolean(),
    gradients: z.boolean(),
  })
  .partial();
