/** The options of a residual network, and what they must be. */
import { invalidOption, unknownOption } from "../../core/index.js";
import type { HeadKind } from "../layers/heads.js";
import { checkChoice, checkCounts, checkLength } from "../layers/option-checks.js";
import type { BlockKind } from "../layers/residual-blocks.js";

/** The layers before the first stage. */
export interface StemOptions {
  /** Channels. Default 64. */
  readonly filters?: number;
  /** Side of the kernel; padded by half of it. Default 7; 3 for images of 32 pixels. */
  readonly size?: number;
  /** Default 2; 1 for images of 32 pixels. */
  readonly stride?: number;
  /** Whether a 3×3 max pool with stride 2 follows. Default true. */
  readonly pool?: boolean;
}

/** What every residual network can be told. */
export interface ResnetCommonOptions {
  /** Default `linear`. */
  readonly head?: Exclude<HeadKind, "vgg">;
  /** Of the `squeeze-excite` head: channels per hidden value of the gate. Default 16. */
  readonly reduction?: number;
  /** Of the `max-pool-mlp` head: values of its hidden layer. Default 512. */
  readonly hidden?: number;
  /**
   * Whether the last batch norm of every residual branch starts at 0, so that each new block is the identity. Helps when
   * training from scratch for few epochs. Default false, as torchvision.
   */
  readonly zeroInitResidual?: boolean;
  /** Of the first block of each stage. Default `null`: 1, then 2 for every further stage. */
  readonly strides?: readonly number[] | null;
  /** What it does not name keeps its default. */
  readonly stem?: StemOptions;
}

export interface ResnetOptions extends ResnetCommonOptions {
  /** Default `basic`. */
  readonly block?: BlockKind;
  /** Blocks of each stage. */
  readonly depths: readonly number[];
  /** Channels of each stage; bottlenecks give out four times as many. */
  readonly widths: readonly number[];
}

export const defaultStem: Required<StemOptions> = { filters: 64, size: 7, stride: 2, pool: true };

export interface ResnetShape {
  readonly block: BlockKind;
  readonly depths: readonly number[];
  readonly widths: readonly number[];
  /** As many as `depths`. */
  readonly strides: readonly number[];
  readonly stem: Required<StemOptions>;
}

/**
 * The network's shape, its defaults filled in.
 *
 * @throws FGKD_INVALID_OPTION, FGKD_UNKNOWN_OPTION
 */
export function checkResnet(owner: string, options: Required<ResnetOptions>): ResnetShape {
  const { block, depths, widths, head, reduction, hidden } = options;
  checkChoice(owner, "block", block, ["basic", "bottleneck"]);
  checkChoice(owner, "head", head, ["linear", "squeeze-excite", "max-pool-mlp"]);
  checkCounts(owner, "reduction", [reduction]);
  checkCounts(owner, "hidden", [hidden]);
  checkCounts(owner, "depths", depths);
  checkLength(owner, "widths", widths, depths.length);
  const strides = options.strides ?? depths.map((_, stage) => (stage === 0 ? 1 : 2));
  checkLength(owner, "strides", strides, depths.length);
  return { block, depths, widths, strides, stem: checkStem(owner, options.stem) };
}

function checkStem(owner: string, given: StemOptions): Required<StemOptions> {
  for (const key of Object.keys(given)) {
    if (!(key in defaultStem))
      throw unknownOption(
        owner,
        `stem.${key}`,
        Object.keys(defaultStem).map((known) => `stem.${known}`),
      );
  }
  const stem = { ...defaultStem, ...given };
  for (const key of ["filters", "size", "stride"] as const) checkCounts(owner, `stem.${key}`, [stem[key]]);
  if (typeof stem.pool !== "boolean")
    throw invalidOption(owner, "stem.pool", "true or false", stem.pool, "The default is true.");
  return stem;
}
