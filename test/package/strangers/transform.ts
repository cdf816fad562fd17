/** A transform of pictures; its work is done on threads. */
import { definePlugin, threadFile } from "fgkd";

declare module "fgkd" {
  interface Transforms {
    "two-tone": { readonly above?: number };
  }
}

export const twoTone = definePlugin({
  name: "two-tone",
  defaults: {},
  register({ transforms }) {
    transforms.register("two-tone", {
      defaults: { above: 128 },
      create: (options) => ({ module: threadFile("transform-thread", import.meta.url).filename, options }),
    });
  },
});
