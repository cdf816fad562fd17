/** The residual network itself. */
import { type FactoryContext, type Model, missingField, need } from "../../core/index.js";
import { maxPool } from "../../core/ops/index.js";
import { type Construction, construct, type Layer, throughStages, tidied, watched } from "../layers/construction.js";
import { normalisedConvolution } from "../layers/convolution.js";
import { depthsOf } from "../layers/depths.js";
import { head } from "../layers/heads.js";
import { expansion, residualBlock } from "../layers/residual-blocks.js";
import { checkResnet, type ResnetOptions, type StemOptions } from "./resnet-options.js";

/**
 * Builds the network with weights from `context.stream` and one logit for each of `context.classes`.
 *
 * @throws FGKD_INVALID_OPTION, FGKD_UNKNOWN_OPTION, FGKD_MISSING_FIELD (no classes)
 */
export function createResnet(owner: string, options: Required<ResnetOptions>, context: FactoryContext): Model {
  const { block, depths, widths, strides, stem } = checkResnet(owner, options);
  const classes = context.classes.length;
  if (classes === 0) throw missingField(owner, "classes", "Name the data whose classes it shall tell apart.");
  const at = construct(context.stream);
  const first = createStem(at, stem);
  const stages: Layer[][] = [];
  const levels = [["conv1.", "bn1."]];
  let from = stem.filters;
  depths.forEach((depth, stage) => {
    const width = widths[stage] as number;
    const blocks: Layer[] = [];
    stages.push(blocks);
    for (let index = 0; index < depth; index++) {
      const stride = index === 0 ? (strides[stage] as number) : 1;
      const shape = { from, width, stride, zeroInitResidual: options.zeroInitResidual };
      const name = `layer${stage + 1}.${index}`;
      blocks.push(residualBlock(at, name, block, shape));
      levels.push([`${name}.`]);
      from = width * expansion[block];
    }
  });
  const { head: kind, reduction, hidden } = options;
  const { apply, ...parts } = head(at, "fc", { kind, channels: from, classes, reduction, hidden, dropout: 0 });
  return {
    parameters: at.parameters,
    depths: depthsOf(at.parameters, levels),
    ...parts,
    forward: (batch, mode, want) =>
      watched(at, want, () => {
        const { map, maps } = throughStages(stages, first(need(batch, "images", owner), mode), mode);
        return { ...apply(map, mode), ...((mode === "train" || want?.stages) && { stages: maps }) };
      }),
  };
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
