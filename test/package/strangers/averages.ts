/** Averages of weights on the update pipeline, with state of its own. */
import * as tf from "@tensorflow/tfjs";
import { definePlugin } from "fgkd";

export interface AveragesOptions {
  /** Share of the average that an update leaves. Default 0.5. */
  readonly decay?: number;
}

export const averages = definePlugin<AveragesOptions>({
  name: "averages",
  defaults: { decay: 0.5 },
  apply({ hooks, models, role, state }, { decay }) {
    const kept = new Map<string, tf.Variable>();
    let updates = 0;
    hooks.setup.tap("averages", () => {
      for (const [name, weight] of models.get(role).parameters.trained) kept.set(name, tf.variable(weight, false));
    });
    hooks.update.tap("averages", ({ count }) => {
      updates = count;
      for (const [name, weight] of models.get(role).parameters.trained) {
        const average = kept.get(name);
        if (average) tf.tidy(() => average.assign(average.mul(decay).add(weight.mul(1 - decay))));
      }
    });
    state.declare("averages", {
      save: async () => {
        const arrays = [...kept].map(async ([name, average]) => {
          return [name, { shape: average.shape, data: Float32Array.from(await average.data()) }] as const;
        });
        return { values: updates, tensors: new Map(await Promise.all(arrays)) };
      },
      load: ({ values, tensors }) => {
        updates = Number(values);
        for (const [name, { shape, data }] of tensors ?? [])
          tf.tidy(() => kept.get(name)?.assign(tf.tensor(data as Float32Array, [...shape])));
      },
      dispose: () => {
        for (const average of kept.values()) average.dispose();
      },
    });
  },
});
