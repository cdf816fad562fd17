/** Options that every source of pictures has, whether it reads or draws them. */
import { z } from "zod";
import { count } from "../../layers/option-types.js";

/** For `z.object({ …, ...threadOptions })`. */
export const threadOptions = {
  workers: count
    .max(256)
    .nullable()
    .default(null)
    .describe("Threads that make pictures; null: one per core, at most eight."),
  cacheBytes: z
    .number()
    .nonnegative()
    .default(2 ** 30)
    .describe("Memory for pictures at working size, in bytes."),
  prefetchBytes: z
    .number()
    .nonnegative()
    .default(2 ** 28)
    .describe("Memory for batches that are made ahead, in bytes; two are in any case."),
  normalise: z
    .enum(["threads", "device"])
    .default("threads")
    .describe("Where pixels become normalised floats; the bytes are the same."),
  patience: z
    .number()
    .positive()
    .default(300)
    .describe("Seconds that training waits for a batch before its thread counts as hung."),
};
