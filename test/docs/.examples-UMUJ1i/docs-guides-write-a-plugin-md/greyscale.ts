// greyscale.ts
import * as tf from "@tensorflow/tfjs";
import { type Augmenter, definePlugin, type FactoryContext, need, replace } from "../../../../core/index.js";

const name = "greyscale";

export interface GreyscaleOptions {
  /** How often a batch loses its colours. Default 0.2. */
  readonly probability?: number;
}

declare module "../../../../core/index.js" {
  interface Augmenters {
    greyscale: GreyscaleOptions;
  }
}

const defaults = { probability: 0.2 };

export const greyscale = definePlugin<GreyscaleOptions>({
  name,
  defaults,
  apply({ augmenters, hooks }, options) {
    augmenters.register(name, { defaults, create: createGreyscale });
    const augment = augmenters.create(name, options);
    hooks.batch.tapPromise(name, async (batch, step) => augment(batch, step));
  },
});

function createGreyscale({ probability }: Required<GreyscaleOptions>, { stream }: FactoryContext): Augmenter {
  return (batch) => {
    if (stream.next() >= probability) return batch;
    const images = tf.tidy(() => {
      const colours = need(batch, "images", name);
      return colours.mean(3, true).tile([1, 1, 1, 3]) as tf.Tensor4D;
    });
    return replace(batch, { images });
  };
}