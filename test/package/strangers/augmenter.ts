/** An augmenter that configuration chooses by name. */
import { defineAugmenter, need, replace } from "fgkd";

export interface DimOptions {
  /** Multiplies every pixel. Default 0.5. */
  readonly factor?: number;
}

declare module "fgkd" {
  interface Augmenters {
    dim: DimOptions;
  }
}

export const dim = defineAugmenter<DimOptions>({
  name: "dim",
  defaults: { factor: 0.5 },
  needs: () => ({ batch: ["images"] }),
  create:
    ({ factor }) =>
    (batch) =>
      replace(batch, { images: need(batch, "images", "dim").mul(factor) }),
});
