/** What a run is told of each of its models. */
import type { PartialModelInput } from "../models/model.js";
import type { Backbones, Choice } from "../registries/entry.js";

/** The model that plays a role. */
export interface ModelSettings {
  readonly backbone: Choice<Backbones>;
  /**
   * The role that this one is like: backbone, weights and all else that is not said here is as that one has it, also where a later layer
   * says it of that one alone. Options without a name are laid over that one's backbone, another name takes its place; an empty
   * `input` has it seen by its own. Default: of none. Resolved settings do not have it any more.
   */
  readonly like?: string | null;
  /**
   * How this model gets its images from a batch that others share: `size` and `crop` in pixels, `mean`, `deviation`,
   * `interpolation`. What is left out is said by its construction, its weights file, or else the stage's `input`. A
   * low-resolution student beside a high-resolution teacher is `{ size: 128 }`.
   */
  readonly input?: PartialModelInput;
  /** @deprecated The old name of `input.size`, for one version. */
  readonly inputSize?: number | null;
  /**
   * A file with public weight names, safetensors or PyTorch's; a reference to a hub, `hf://owner/name[@revision][/file]`; or the name of
   * public weights that fit the backbone, like `imagenet`. A file without a dot or a slash in its name is written `./file`.
   * Default `null`: from scratch.
   */
  readonly weights?: string | null;
  /** Whether weights must fit the model; else what does not fit is left out, and listed. Default true. */
  readonly strict?: boolean;
}
