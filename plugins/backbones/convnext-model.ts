/** ConvNeXt itself. */
import * as tf from "@tensorflow/tfjs";
import { type FactoryContext, type Model, missingField } from "../../core/index.js";
import { conv2d } from "../../core/ops/index.js";
import { type Construction, construct, type Layer } from "../layers/construction.js";
import { convnextBlock } from "../layers/convnext-block.js";
import { depthsOf } from "../layers/depths.js";
import { dropPathRates } from "../layers/drop-path.js";
import { head } from "../layers/heads.js";
import { layerNorm } from "../layers/layer-norm.js";
import { narrowStart } from "../layers/mlp.js";
import { assemble, type Block, type TrunkLevel } from "../layers/trunk.js";
import { convnextName } from "./convnext-names.js";
import type { ConvnextOptions } from "./convnext-options.js";

/** Blocks of a stage that learn at one rate where layers have their own. */
const blocksPerDepth = 3;

/**
 * Builds the network with weights from `context.stream` and one logit for each of `context.classes`.
 *
 * @throws FGKD_MISSING_FIELD (no classes)
 */
export function createConvnext(owner: string, options: Required<ConvnextOptions>, context: FactoryContext): Model {
  const { depths, widths, patch, head: kind, headInitScale, reduction, hidden } = options;
  const classes = context.classes.length;
  if (classes === 0) throw missingField(owner, "classes", "Name the data whose classes it shall tell apart.");
  const at = construct(context.stream);
  const stem = { stride: patch, weights: ["stem."], apply: patchify(at, patch, widths[0] as number) };
  const levels = createStages(at, options);
  const channels = widths.at(-1) as number;
  const shape = { kind, channels, classes, reduction, hidden, dropout: 0, initScale: headInitScale };
  const isRepeatable = options.dropPath === 0;
  const model = assemble(at, { owner, stem, levels, head: head(at, "head.fc", shape), isRepeatable });
  return { ...model, depths: depthsOf(at.parameters, depthGroups(depths)), adapts: { rename: convnextName } };
}

/** The first layers: a convolution of patches that do not overlap, and a layer norm. */
function patchify(at: Construction, patch: number, channels: number): Layer {
  const convolve = patchConvolution(at, "stem.0", { from: 3, to: channels, size: patch });
  const norm = layerNorm(at, "stem.1", channels);
  return (x) => tf.tidy(() => norm.apply(convolve(x)));
}

function createStages(at: Construction, options: Required<ConvnextOptions>): TrunkLevel[] {
  const { depths, widths, kernel, layerScale, dropPath } = options;
  const strides = options.strides ?? depths.map((_, stage) => (stage === 0 ? 1 : 2));
  const rates = [
    ...dropPathRates(
      dropPath,
      depths.reduce((sum, depth) => sum + depth, 0),
    ),
  ];
  let from = widths[0] as number;
  return depths.map((depth, stage): TrunkLevel => {
    const [name, channels, stride] = [`stages.${stage}`, widths[stage] as number, strides[stage] as number];
    const before =
      stride === 1 && from === channels
        ? []
        : [downsample(at, `${name}.downsample`, { from, to: channels, size: stride })];
    from = channels;
    const blocks = rates.splice(0, depth).map((rate, index): Block => {
      const block = `${name}.blocks.${index}`;
      return {
        name: block,
        channels,
        apply: convnextBlock(at, block, { channels, kernel, layerScale, dropPath: rate }),
      };
    });
    return { name, blocks: [...before, ...blocks] };
  });
}

/** A layer norm, and a convolution of patches. */
function downsample(at: Construction, name: string, shape: { from: number; to: number; size: number }): Block {
  const norm = layerNorm(at, `${name}.0`, shape.from);
  const convolve = patchConvolution(at, `${name}.1`, shape);
  return { name, channels: shape.to, stride: shape.size, apply: (x) => tf.tidy(() => convolve(norm.apply(x))) };
}

/** A convolution whose stride is its size: `<name>.weight` and `<name>.bias`. */
function patchConvolution(
  at: Construction,
  name: string,
  { from, to, size }: { from: number; to: number; size: number },
) {
  const start = narrowStart(at);
  // Declared with these ranks.
  const filter = at.parameters.weight(
    `${name}.weight`,
    [size, size, from, to],
    "convolution",
    start.weight,
  ) as tf.Tensor4D;
  const bias = at.parameters.weight(`${name}.bias`, [to], "plain", start.bias) as tf.Tensor1D;
  return (x: tf.Tensor4D) => conv2d(x, filter, { stride: size, bias });
}

/** As the official code groups them: stem; then of each stage three blocks at a time, the first with what comes before it. */
function depthGroups(depths: readonly number[]): readonly (readonly string[])[] {
  const stages = depths.flatMap((depth, stage) =>
    Array.from({ length: Math.ceil(depth / blocksPerDepth) }, (_, group) => {
      const first = group * blocksPerDepth;
      const blocks = Array.from({ length: Math.min(blocksPerDepth, depth - first) }, (_, index) => first + index);
      const names = blocks.map((block) => `stages.${stage}.blocks.${block}.`);
      return group === 0 ? [`stages.${stage}.downsample.`, ...names] : names;
    }),
  );
  return [["stem."], ...stages];
}
