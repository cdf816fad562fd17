/** The options of a VGG network, and what they must be. */
import { invalidOption } from "../../core/index.js";
import type { HeadKind } from "../layers/heads.js";
import { checkChoice, checkCounts, checkLength } from "../layers/option-checks.js";

/** What every VGG network can be told. */
export interface VggCommonOptions {
  /** Default `vgg`, torchvision's three layers. */
  readonly head?: HeadKind;
  /** Of the heads `vgg` and `max-pool-mlp`: values of a hidden layer. Default 4096. */
  readonly hidden?: number;
  /** Of the head `vgg`: share of hidden values that a training step leaves out. Default 0.5. */
  readonly dropout?: number;
  /** Of the head `squeeze-excite`: channels per hidden value of the gate. Default 16. */
  readonly reduction?: number;
}

export interface VggOptions extends VggCommonOptions {
  /** Convolutions of each stage; a max pool ends it. */
  readonly depths: readonly number[];
  /** Channels of each stage. */
  readonly widths: readonly number[];
  /** Whether batch norm follows every convolution. Default false. */
  readonly batchNorm?: boolean;
}

/** @throws FGKD_INVALID_OPTION */
export function checkVgg(owner: string, options: Required<VggOptions>): void {
  const { head, hidden, dropout, reduction, depths, widths } = options;
  checkChoice(owner, "head", head, ["vgg", "linear", "squeeze-excite", "max-pool-mlp"]);
  checkCounts(owner, "hidden", [hidden]);
  checkCounts(owner, "reduction", [reduction]);
  checkCounts(owner, "depths", depths);
  checkLength(owner, "widths", widths, depths.length);
  if (!(dropout >= 0 && dropout < 1))
    throw invalidOption(owner, "dropout", "at least 0 and less than 1", dropout, "Try 0.5.");
}
