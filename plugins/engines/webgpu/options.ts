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
});

export type WebgpuOptions = OptionsOf<typeof webgpuSchema>;

/** With every default in its place. */
export type GpuSettings = Required<WebgpuOptions>;

/** Those that decide nothing but how products are made: what a backend without an engine's options computes with. */
export const usualSettings: GpuSettings = { device: null, precision: "f32", memory: null };
