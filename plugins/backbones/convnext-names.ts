/** The two naming schemes of ConvNeXt's weights. */

/** The last part of a block's weights, from Facebook's to timm's. */
const parts: Readonly<Record<string, string>> = {
  dwconv: "conv_dw",
  norm: "norm",
  pwconv1: "mlp.fc1",
  pwconv2: "mlp.fc2",
};

/**
 * timm's name, which is the model's, for a name of the official code: `downsample_layers.1.0.weight` is
 * `stages.1.downsample.0.weight`, `stages.0.2.pwconv1.bias` is `stages.0.blocks.2.mlp.fc1.bias`. Any other name is given back.
 */
export function convnextName(name: string): string {
  const before = /^downsample_layers\.(\d+)\.([01]\.\w+)$/.exec(name);
  if (before) return before[1] === "0" ? `stem.${before[2]}` : `stages.${before[1]}.downsample.${before[2]}`;
  const block = /^stages\.(\d+)\.(\d+)\.(?:(gamma)|(\w+)\.(weight|bias))$/.exec(name);
  if (block) {
    const [, stage, index, gamma, part = "", kind] = block;
    const own = parts[part];
    const rest = gamma ?? (own && `${own}.${kind}`);
    return rest === undefined ? name : `stages.${stage}.blocks.${index}.${rest}`;
  }
  return name.replace(/^norm\.(weight|bias)$/, "head.norm.$1").replace(/^head\.(weight|bias)$/, "head.fc.$1");
}
