// patience.ts
import { definePlugin } from "../../../../core/index.js";

/** Ends a stage when its test accuracy has not risen for some epochs. */
export const patience = definePlugin<{ readonly epochs?: number }>({
  name: "patience",
  defaults: { epochs: 5 },
  apply({ hooks, state }, { epochs }) {
    let best = Number.NEGATIVE_INFINITY;
    let waited = 0;
    state.declare("patience", {
      save: () => ({ values: [Number.isFinite(best) ? best : null, waited] }),
      load: ({ values }) => {
        const [savedBest, savedWaited] = values as readonly [number | null, number];
        best = savedBest ?? Number.NEGATIVE_INFINITY;
        waited = savedWaited;
      },
    });
    hooks.epoch.tap("patience", ({ metrics, stop }) => {
      if (metrics.accuracy === undefined) return;
      waited = metrics.accuracy > best ? 0 : waited + 1;
      best = Math.max(best, metrics.accuracy);
      if (waited >= epochs) stop();
    });
  },
});