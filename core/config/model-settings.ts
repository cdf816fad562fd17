/** What a run is told of each of its models. */
import type { Backbones, Choice } from "../registries/entry.js";

/** The model that plays a role. */
export interface ModelSettings {
  readonly backbone: Choice<Backbones>;
  /**
   * The side, in pixels, that images are reduced to (antialiased bilinear) before this model sees them. Default `null`:
   * as they come. A low-resolution student beside a high-resolution teacher is this number.
   */
  readonly inputSize?: number | null;
  /** A safetensors file with public weight names. Default `null`: from scratch. */
  readonly weights?: string | null;
}
