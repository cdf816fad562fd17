/** OR-ensemble: members trained one after another, with orthogonal attention; and the plain ensemble beside it. */
import { definePresetWithOptions, describeOptions } from "../core/index.js";
import { type EnsembleOptions, ensembleOf, ensembleSchema, orthogonality } from "./members.js";
import { orEnsembleFigures, orEnsembleTables } from "./tables/or-ensemble.js";

/** "Knowledge Transfer Based Fine-Grained Visual Classification", 2021: each member looks where the earlier ones do not. */
export const orEnsemble = definePresetWithOptions<EnsembleOptions>({
  name: "or-ensemble",
  summary: "members trained one after another, each kept from looking where earlier ones look",
  tables: orEnsembleTables,
  figures: orEnsembleFigures,
  ...describeOptions("preset or-ensemble", ensembleSchema),
  grows: "members",
  create: (options) =>
    ensembleOf(options, (teachers) =>
      teachers.length > 0
        ? {
            teachers: [{ name: "teacher-attention", teachers }],
            losses: [{ name: "cross-entropy" }, { name: "orthogonal-attention", ...orthogonality(options.recipe) }],
          }
        : { losses: [{ name: "cross-entropy" }] },
    ),
});

/** The same members, each by cross-entropy alone. */
export const ensemble = definePresetWithOptions<EnsembleOptions>({
  name: "ensemble",
  summary: "members trained one after another, each by cross-entropy alone",
  ...describeOptions("preset ensemble", ensembleSchema),
  grows: "members",
  create: (options) => ensembleOf(options, () => ({ losses: [{ name: "cross-entropy" }] })),
});
