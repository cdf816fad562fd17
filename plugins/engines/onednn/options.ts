/** What the `onednn` engine can be told, and where the defaults come from. */
import { loadAddon } from "./addon.js";
import { availableThreads } from "./threads.js";

/** How images lie between kernels: as tfjs has them, or in blocks of eight channels. */
export type Layout = "plain" | "blocked";

/** All of them decide the last bits of results. */
export interface OnednnOptions {
  /** OpenMP threads. Default: every core that this process may use. */
  readonly threads?: number | null;
  /** Winograd's algorithm for convolutions 3×3, which is faster but rounds a little more. Default true. */
  readonly winograd?: boolean | null;
  /** Takes for each shape the implementation that is fastest here, by measurement: two runs may differ. Default false. */
  readonly autotune?: boolean | null;
  /** Default: `blocked` on processors with AVX2 and no more, else `plain`. */
  readonly layout?: Layout | null;
}

/** With every default in its place. */
export interface CompleteOptions {
  readonly threads: number;
  readonly winograd: boolean;
  readonly autotune: boolean;
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
  { threads, winograd, autotune, layout }: OnednnOptions,
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
    layout: layout ?? earlier("FGKD_ONEDNN_LAYOUT", "layout", layoutNamed) ?? usualLayout(),
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
