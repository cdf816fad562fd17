/** The vision transformer itself. */
import * as tf from "@tensorflow/tfjs";
import { type FactoryContext, type Model, type ModelMap, missingField, need, unknownName } from "../../core/index.js";
import { construct, watched } from "../layers/construction.js";
import { depthsOf } from "../layers/depths.js";
import { dropPathRates } from "../layers/drop-path.js";
import { layerNorm } from "../layers/layer-norm.js";
import { tokenClassifiers } from "../layers/token-classifiers.js";
import { tokenEmbedding } from "../layers/token-embedding.js";
import { transformerBlock } from "../layers/transformer-block.js";
import type { DeitOptions } from "./deit-options.js";
import { resampledPositions } from "./position-embedding.js";

/**
 * Builds the network with weights from `context.stream` and one logit for each of `context.classes`; a distilled one gives two more
 * sets of them, see {@link tokenClassifiers}.
 *
 * @throws FGKD_MISSING_FIELD (no classes)
 */
export function createDeit(owner: string, options: Required<DeitOptions>, context: FactoryContext): Model {
  const { size, patch, width, depth, heads, mlpRatio, distilled, dropPath, resampling } = options;
  const classes = context.classes.length;
  if (classes === 0) throw missingField(owner, "classes", "Name the data whose classes it shall tell apart.");
  const at = construct(context.stream);
  const prefix = distilled ? 2 : 1;
  const embed = tokenEmbedding(at, owner, { size, patch, channels: width, distilled });
  const blocks = dropPathRates(dropPath, depth).map((rate, index) => {
    const name = `blocks.${index}`;
    const shape = { channels: width, heads, hidden: Math.round(width * mlpRatio), dropPath: rate };
    return { name, apply: transformerBlock(at, name, shape) };
  });
  const norm = layerNorm(at, "norm", width);
  const { apply: classify, ...classifiers } = tokenClassifiers(at, { channels: width, classes, distilled });
  const maps = blocks.map(({ name }, index): ModelMap => {
    return { name, channels: width, stride: patch, endsLevel: index === depth - 1 };
  });
  const known = maps.map(({ name }) => name);
  return {
    parameters: at.parameters,
    depths: depthsOf(at.parameters, depthGroups(known)),
    ...(dropPath === 0 && { isRepeatable: true }),
    adapts: { reshape: resampledPositions(prefix, resampling) },
    ...classifiers,
    maps,
    // What a block makes of the patches, the answering tokens see in the next one; nobody sees the last.
    tokens: { count: prefix, ...(known.at(-2) !== undefined && { seen: known.at(-2) as string }) },
    forward: (batch, mode, want) =>
      watched(at, want, () => {
        for (const name of want?.maps ?? []) if (!known.includes(name)) throw unknownName("map", name, known);
        const kept: Record<string, tf.Tensor4D> = {};
        let tokens = embed(need(batch, "images", owner));
        for (const { name, apply } of blocks) {
          tokens = apply(tokens, mode);
          if (!want?.maps?.includes(name)) continue;
          const map = mapOf(tokens, prefix);
          kept[name] = map;
          if (want.throughMaps) tokens = withMap(tokens, map, prefix);
        }
        const normalised = norm.apply(tokens);
        const features = mapOf(normalised, prefix);
        return { ...classify(normalised), features, ...(want?.maps && { maps: kept }) };
      }),
  };
}

/** Of the patches, `[batch, height, width, channels]`. */
function mapOf(tokens: tf.Tensor3D, prefix: number): tf.Tensor4D {
  const [batch, count, channels] = tokens.shape;
  const side = Math.sqrt(count - prefix);
  return tokens.slice([0, prefix, 0], [batch, count - prefix, channels]).reshape([batch, side, side, channels]);
}

/** The same tokens, those of the patches from a map. */
function withMap(tokens: tf.Tensor3D, map: tf.Tensor4D, prefix: number): tf.Tensor3D {
  const [batch, count, channels] = tokens.shape;
  const first = tokens.slice([0, 0, 0], [batch, prefix, channels]);
  return tf.concat3d([first, map.reshape([batch, count - prefix, channels])], 1);
}

/** What comes before the blocks; each block, with the last one the final norm; then the classifiers. */
function depthGroups(blocks: readonly string[]): readonly (readonly string[])[] {
  const names = blocks.map((name, index) => [`${name}.`, ...(index === blocks.length - 1 ? ["norm."] : [])]);
  return [["cls_token", "dist_token", "pos_embed", "patch_embed."], ...names];
}
