/** Weights that anybody can have, as the entry of a backbone lists them. */

export interface PublicWeights {
  /** What `models.<role>.weights` says for it: letters, digits, `-` and `_`. `imagenet`: those that publications start from. */
  readonly name: string;
  /** `hf://owner/name[@revision][/file]` */
  readonly reference: string;
  /** What the owner means by these where somebody leaves the tag out: `hf://timm/resnet50`. */
  readonly untagged?: string;
}
