/** What the `webgpu` engine can be told. */
import { z } from "zod";
import type { OptionsOf } from "../../../core/index.js";

export const webgpuSchema = z.object({
  device: z
    .union([z.number().int().nonnegative(), z.string().min(1)])
    .nullable()
    .default(null)
    .describe("Which adapter: its number in fgkd doctor, or a part of its name; null: the first, the most powerful."),
  precision: z
    .enum(["f32", "f16"])
    .default("f32")
    .describe("Of the operands of products, where the adapter has matrix units; sums and memory are float32 always."),
  memory: z
    .number()
    .int()
    .positive()
    .nullable()
    .default(null)
    .describe("Most MiB of buffers; null: as many as the adapter gives."),
  tuning: z
    .union([z.enum(["auto", "on", "off"]), z.string().regex(/^\d+-[0-9a-f]{16}$/)])
    .default("auto")
    .describe(
      "Whether products have the tiles that were the fastest on this device: on a GPU by default; off: always the same.",
    ),
});

export type WebgpuOptions = OptionsOf<typeof webgpuSchema>;

/** With every default in its place. */
export type GpuSettings = Required<WebgpuOptions>;

/** What is not said otherwise. */
export const usualSettings: GpuSettings = { device: null, precision: "f32", memory: null, tuning: "auto" };
