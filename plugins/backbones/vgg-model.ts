/** The VGG network itself. */
import { type FactoryContext, type Model, missingField, need } from "../../core/index.js";
import { maxPool } from "../../core/ops/index.js";
import { type Construction, construct, type Layer, throughStages, watched } from "../layers/construction.js";
import { convolution, normalisedConvolution } from "../layers/convolution.js";
import { depthsOf } from "../layers/depths.js";
import { head } from "../layers/heads.js";
import { checkVgg, type VggOptions } from "./vgg-options.js";

/**
 * Builds the network with weights from `context.stream` and one logit for each of `context.classes`.
 *
 * @throws FGKD_INVALID_OPTION, FGKD_MISSING_FIELD (no classes)
 */
export function createVgg(owner: string, options: Required<VggOptions>, context: FactoryContext): Model {
  checkVgg(owner, options);
  const { depths, widths, head: kind, batchNorm: normalised, ...shape } = options;
  const classes = context.classes.length;
  if (classes === 0) throw missingField(owner, "classes", "Name the data whose classes it shall tell apart.");
  const at = construct(context.stream);
  const stages: Layer[][] = [];
  const levels: string[][] = [];
  // Torchvision numbers every layer: convolution, perhaps batch norm, ReLU, and the pool at the end of a stage.
  let [number, from] = [0, 3];
  depths.forEach((depth, stage) => {
    const to = widths[stage] as number;
    const layers: Layer[] = [];
    stages.push(layers);
    for (let index = 0; index < depth; index++) {
      layers.push(convolutionLayer(at, number, from, to, normalised));
      levels.push([`features.${number}.`, ...(normalised ? [`features.${number + 1}.`] : [])]);
      number += normalised ? 3 : 2;
      from = to;
    }
    layers.push((x) => maxPool(x, { size: 2, stride: 2, padding: 0 }));
    number += 1;
  });
  const { apply, ...parts } = head(at, "fc", { ...shape, kind, channels: from, classes });
  return {
    parameters: at.parameters,
    depths: depthsOf(at.parameters, levels),
    ...parts,
    forward: (batch, mode, want) =>
      watched(at, want, () => {
        const { map, maps } = throughStages(stages, need(batch, "images", owner), mode);
        return { ...apply(map, mode), ...((mode === "train" || want?.stages) && { stages: maps }) };
      }),
  };
}

/** A 3×3 convolution with bias, perhaps batch norm, and ReLU. */
function convolutionLayer(at: Construction, number: number, from: number, to: number, normalised: boolean): Layer {
  const name = `features.${number}`;
  const shape = { from, to, size: 3, stride: 1 };
  if (!normalised) return convolution(at, name, shape);
  const names = { convolution: name, norm: `features.${number + 1}` };
  return normalisedConvolution(at, names, { ...shape, bias: true, relu: true });
}
