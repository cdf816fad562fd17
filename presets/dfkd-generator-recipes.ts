/** Where DFKD-FGVC's text, its authors' earlier code and what fgkd takes differ. */
import { z } from "zod";
import type { OptionsOf } from "../core/index.js";
import type { AttentionGeneratorOptions } from "../plugins/generators/index.js";
import type {
  AttentionDistillationOptions,
  LogitDistillationOptions,
  SemanticContrastOptions,
} from "../plugins/losses/index.js";
import { recipe } from "./recipe.js";

/** What a recipe decides. */
export interface Settlement {
  /** The divergence that the student learns by and the generator against. */
  readonly measure: NonNullable<LogitDistillationOptions["measure"]>;
  /** How the orders of attention are brought together. */
  readonly form: NonNullable<AttentionDistillationOptions["form"]>;
  /** Whose vectors look for their partner. */
  readonly anchors: NonNullable<SemanticContrastOptions["anchors"]>;
  /** What the generator's last values are. */
  readonly range: NonNullable<AttentionGeneratorOptions["range"]>;
  /** Of the generator's Adam. */
  readonly beta2: number;
}

const settled: Settlement = {
  measure: "teacher-first",
  form: "mean-of-sigmoids",
  anchors: "teacher",
  range: "pixel",
  beta2: 0.999,
};

/**
 * `official-code` is that of the authors' earlier method, whose lines this one continues, and of mixed high-order attention: their own repository
 * has no loss. docs/papers/dfkd-generator.md has these lines as a table, and the reasons for what is settled.
 */
export const settlements = {
  settled,
  "paper-text": { ...settled, measure: "student-first", form: "sigmoid-of-sum", range: "direct", beta2: 0.99 },
  "official-code": { ...settled, anchors: "both", range: "direct" },
} as const satisfies Readonly<Record<string, Settlement>>;

export const dfkdGeneratorSchema = z.object({ recipe });

export type DfkdGeneratorOptions = OptionsOf<typeof dfkdGeneratorSchema>;
