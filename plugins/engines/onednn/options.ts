/** What the `onednn` engine can be told, and where the defaults come from. */
import { z } from "zod";
import type { OptionsOf } from "../../../core/index.js";
import { loadAddon } from "./addon.js";
import { availableThreads } from "./threads.js";

/** How images lie between kernels: as tfjs has them, or in blocks of eight channels. */
type Layout = "plain" | "blocked";

/** What operands of products are rounded to, and images kept in. */
type Precision = "f32" | "bf16";

/** More than any machine has; an OpenMP library that cannot start a thread ends the process. */
const most = 1024;

/** All of them decide the last bits of results. */
export const onednnSchema = z.object({
  threads: z
    .number()
    .int()
    .positive()
    .max(most)
    .nullable()
    .default(null)
    .describe("OpenMP threads; null: every core that this process may use."),
  winograd: z
    .boolean()
    .nullable()
    .default(null)
    .describe("Winograd's algorithm for convolutions 3×3, which is faster but rounds a little more; null: true."),
  autotune: z
    .boolean()
    .nullable()
    .default(null)
    .describe(
      "Takes for each shape the implementation that is fastest here, by measurement: two runs may differ; null: false.",
    ),
  precision: z
    .enum(["f32", "bf16"])
    .default("f32")
    .describe(
      "Of the operands of products, and of images kept between layers; sums, weights, statistics and losses are float32 always.",
    ),
  layout: z
    .enum(["plain", "blocked"])
    .nullable()
    .default(null)
    .describe(
      "How images lie between kernels: as tfjs has them, or in blocks of eight channels; null: blocked on processors with AVX2 and no more, else plain. With bf16: plain.",
    ),
});

export type OnednnOptions = OptionsOf<typeof onednnSchema>;

/** With every default in its place. */
export interface CompleteOptions {
  readonly threads: number;
  readonly winograd: boolean;
  readonly autotune: boolean;
  readonly precision: Precision;
  readonly layout: Layout;
}

/** An environment variable that stands in for an option, as all did before there were options. */
export interface OutdatedVariable {
  readonly name: string;
  readonly value: string;
  readonly option: string;
  readonly meaning: boolean | Layout;
}

/** The options with this machine's defaults, and the environment variables that such a default came from. */
export function completeOptions(
  { threads, winograd, autotune, precision = "f32", layout }: OnednnOptions,
  variables: NodeJS.ProcessEnv = process.env,
): { readonly options: CompleteOptions; readonly outdated: readonly OutdatedVariable[] } {
  const outdated: OutdatedVariable[] = [];
  const earlier = <T extends boolean | Layout>(name: string, option: string, read: (value: string) => T) => {
    const value = variables[name];
    if (value === undefined) return undefined;
    const meaning = read(value);
    outdated.push({ name, value, option, meaning });
    return meaning;
  };
  const options = {
    threads: threads ?? availableThreads(),
    winograd: winograd ?? earlier("FGKD_WINOGRAD", "winograd", (value) => value !== "0") ?? true,
    autotune: autotune ?? earlier("FGKD_AUTOTUNE", "autotune", (value) => value === "1") ?? false,
    precision,
    // oneDNN multiplies bf16 of images as tfjs has them: nothing is reordered between layers.
    layout:
      precision === "bf16"
        ? "plain"
        : (layout ?? earlier("FGKD_ONEDNN_LAYOUT", "layout", layoutNamed) ?? usualLayout()),
  };
  return { options, outdated };
}

function layoutNamed(value: string): Layout {
  return value === "blocked" ? "blocked" : "plain";
}

/** Blocks pay with AVX2 and no more. */
function usualLayout(): Layout {
  try {
    return loadAddon().describe().instructionSet.startsWith("avx2") ? "blocked" : "plain";
  } catch {
    // Without the addon nothing runs, and the engine's check says why.
    return "plain";
  }
}
