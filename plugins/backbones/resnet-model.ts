/** The residual network itself. */
import type { FactoryContext, Model } from "../../core/index.js";
import { maxPool } from "../../core/ops/index.js";
import { type Construction, construct, type Layer, tidied } from "../layers/construction.js";
import { normalisedConvolution } from "../layers/convolution.js";
import { dropPathRates } from "../layers/drop-path.js";
import { head } from "../layers/heads.js";
import { expansion, residualBlock } from "../layers/residual-blocks.js";
import { assemble, type Block, type TrunkLevel } from "../layers/trunk.js";
import { classCount } from "./common.js";
import { type ResnetOptions, type StemOptions, shapeOf } from "./resnet-options.js";

/**
 * Builds the network with weights from `context.stream` and one logit for each of `context.classes`.
 *
 * @throws FGKD_MISSING_FIELD (no classes)
 */
export function createResnet(owner: string, options: Required<ResnetOptions>, context: FactoryContext): Model {
  const { block, depths, widths, strides, stem } = shapeOf(options);
  const classes = classCount(owner, context);
  const at = construct(context.stream);
  const weights = ["conv1.", "bn1."];
  const first = { stride: stem.stride * (stem.pool ? 2 : 1), weights, apply: createStem(at, stem) };
  const rates = dropPathRates(
    options.dropPath,
    depths.reduce((sum, depth) => sum + depth, 0),
  );
  let [from, place] = [stem.filters, 0];
  const levels = depths.map((depth, level): TrunkLevel => {
    const width = widths[level] as number;
    const to = width * expansion[block];
    const blocks = Array.from({ length: depth }, (_, index): Block => {
      const stride = index === 0 ? (strides[level] as number) : 1;
      const name = `layer${level + 1}.${index}`;
      const shape = {
        from,
        width,
        stride,
        zeroInitResidual: options.zeroInitResidual,
        dropPath: rates[place++] as number,
      };
      from = to;
      return { name, channels: to, stride, apply: residualBlock(at, name, block, shape) };
    });
    return { name: `layer${level + 1}`, blocks };
  });
  const { head: kind, reduction, hidden } = options;
  const own = head(at, "fc", { kind, channels: from, classes, reduction, hidden, dropout: 0 });
  const isRepeatable = options.dropPath === 0;
  return assemble(at, { owner, stem: first, levels, head: own, adapts: { rename: ownName }, isRepeatable });
}

/** DataFree calls the shortcuts and the classifier otherwise. */
function ownName(name: string): string {
  return name.replace(/^(layer\d+\.\d+)\.shortcut\./, "$1.downsample.").replace(/^linear\./, "fc.");
}

function createStem(at: Construction, { filters, size, stride, pool }: Required<StemOptions>): Layer {
  const names = { convolution: "conv1", norm: "bn1" };
  const conv = normalisedConvolution(at, names, { from: 3, to: filters, size, stride, relu: true });
  return (x, mode) =>
    tidied(at, () => {
      const activated = conv(x, mode);
      return pool ? maxPool(activated) : activated;
    });
}
