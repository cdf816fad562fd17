/** The presets that fgkd brings. */
import type { DataFreeComparisonOptions } from "./data-free-comparisons.js";
import type { DeitConvnextOptions } from "./deit-convnext.js";
import type { DfkdGeneratorOptions } from "./dfkd-generator-recipes.js";
import type { DadkdOptions, LowResolutionOptions } from "./low-resolution-recipes.js";
import type { EnsembleOptions } from "./members.js";

/** Of methods in which a teacher teaches a student. */
interface Taught {
  readonly stages: "teacher" | "student";
  readonly roles: "teacher" | "student";
  readonly options: LowResolutionOptions;
}

interface Alone {
  readonly stages: "student";
  readonly roles: "teacher" | "student";
  readonly options: LowResolutionOptions;
}

interface DataFree {
  readonly stages: "teacher" | "warmup" | "generator" | "student";
  readonly roles: "teacher" | "generator" | "student";
}

interface Members {
  readonly stages: `member-${number}`;
  readonly roles: `member-${number}`;
  readonly options: EnsembleOptions;
}

/** Which of them there are depends on the variant. */
interface TransformerTaught {
  readonly stages: "teacher" | "alone" | "student";
  readonly roles: "teacher" | "student";
  readonly options: DeitConvnextOptions;
}

interface DataFreeComparison extends DataFree {
  readonly options: DataFreeComparisonOptions;
}

declare module "../core/index.js" {
  interface Presets {
    baseline: Alone;
    cmi: DataFreeComparison;
    dadkd: {
      readonly stages: "teacher" | "baseline" | "student";
      readonly roles: "teacher" | "baseline" | "student";
      readonly options: DadkdOptions;
    };
    dafl: DataFreeComparison;
    "deit-convnext": TransformerTaught;
    dfad: DataFreeComparison;
    "dfkd-generator": DataFree & { readonly options: DfkdGeneratorOptions };
    dfq: DataFreeComparison;
    dkd: Taught;
    ensemble: Members;
    kd: Taught;
    "or-ensemble": Members;
    snapmix: Omit<Alone, "options">;
    zskt: DataFreeComparison;
  }
}

export { baseline, dkd, kd, snapmixPreset as snapmix } from "./comparisons.js";
export { dadkd } from "./dadkd.js";
export { cmi, type DataFreeComparisonOptions, dafl, dfad, dfq, zskt } from "./data-free-comparisons.js";
export { type DeitConvnextOptions, deitConvnext } from "./deit-convnext.js";
export { dfkdGenerator } from "./dfkd-generator.js";
export type { DfkdGeneratorOptions } from "./dfkd-generator-recipes.js";
export type { DadkdOptions, LowResolutionOptions } from "./low-resolution-recipes.js";
export type { EnsembleOptions } from "./members.js";
export { ensemble, orEnsemble } from "./or-ensemble.js";
