// posterise.ts
import { definePlugin, invalidOption, threadFile } from "../../../../core/index.js";

declare module "../../../../core/index.js" {
  interface Transforms {
    posterise: { readonly bits?: number };
  }
}

export const posterise = definePlugin({
  name: "posterise",
  defaults: {},
  register({ transforms }) {
    transforms.register("posterise", {
      defaults: { bits: 4 },
      check({ bits }) {
        if (!(bits >= 1 && bits <= 8)) throw invalidOption("transform posterise", "bits", "from 1 to 8", bits, "Try 4.");
      },
      create: (options) => ({
        module: threadFile("posterise-thread", import.meta.url).filename,
        options,
        draw: (random) => [random.next()],
      }),
    });
  },
});