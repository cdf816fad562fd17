/** SnapMix: mixes pairs of images, and weighs both labels by the meaning that each brings. */

import * as tf from "@tensorflow/tfjs";
import { z } from "zod";
import {
  type Augmenter,
  type Batch,
  defineAugmenter,
  describeOptions,
  type FactoryContext,
  need,
  type OptionsOf,
  type Role,
  replace,
} from "../../core/index.js";
import { channelWeights } from "../../core/ops/index.js";
import { role, share } from "../layers/option-types.js";
import { boxArea } from "./mixing-box.js";
import { alpha, drawBox, drawTurn } from "./mixing-turns.js";
import { mixBySnapmix } from "./mixture.js";
import { evidenceMap } from "./semantic-percent-map.js";

const name = "snapmix";

const schema = z.object({
  alpha: alpha.default(5).describe("Sides of hole and patch are drawn with lambda ~ Beta(alpha, alpha)."),
  probability: share.default(1).describe("How often a batch is mixed; 0.5 is usual for training from scratch."),
  map: role.default("teacher").describe("The role of the model whose class activation map tells where the meaning is."),
  mapMode: z
    .enum(["eval", "batch-statistics"])
    .default("eval")
    .describe(
      "How that model looks at the unmixed images: eval for a frozen model, batch-statistics for the one that is being trained, whose running averages then do not move.",
    ),
  camWeights: z
    .enum(["classifier", "se-classifier", "se-only"])
    .default("classifier")
    .describe("What weighs the channels of the map; the last two need a head with a gate."),
  sameClass: z
    .enum(["once", "official-double"])
    .default("once")
    .describe("Pairs of one class: their two losses add up, or are doubled as in the official code."),
});

export type SnapmixOptions = OptionsOf<typeof schema>;

declare module "../../core/index.js" {
  interface Augmenters {
    snapmix: SnapmixOptions;
  }
}

/**
 * Replaces a box of every image by a resized patch of another one, and sets `otherLabels` and the weights of both
 * labels by the share of each class's meaning that is lost and gained. One pair of boxes and one permutation a batch.
 *
 * Passes on, as it is, a batch that another plugin mixed before.
 *
 * @throws FGKD_INVALID_OPTION
 * @see "SnapMix: Semantically Proportional Mixing for Augmenting Fine-grained Data", 2021
 */
export const snapmix = defineAugmenter<SnapmixOptions>({
  name,
  ...describeOptions(name, schema),
  needs: ({ map }) => ({ batch: ["images", "labels"], models: [map] }),
  provides: ["otherLabels", "labelWeights", "otherLabelWeights"],
  create: createSnapmix,
});

function createSnapmix(options: Required<SnapmixOptions>, { models, stream }: FactoryContext): Augmenter {
  const { alpha, probability, map, sameClass } = options;
  return (batch) => {
    const turn = drawTurn(batch, probability, stream, name);
    if (!turn) return batch;
    const { images, labels } = turn;
    const size = [images.shape[1], images.shape[2]] as const;
    const lambdas = [stream.beta(alpha, alpha), stream.beta(alpha, alpha)] as const;
    const permutation = stream.permutation(images.shape[0]);
    const hole = drawBox(stream, size, lambdas[0]);
    const patch = drawBox(stream, size, lambdas[1]);
    // Nothing would be pasted: spare the look.
    if (boxArea(hole) === 0 || boxArea(patch) === 0) return batch;
    const evidence = lookForEvidence(models.get(map), batch, labels, options);
    const mixture = mixBySnapmix({ images, labels, permutation, evidence, hole, patch, sameClass });
    evidence.dispose();
    return replace<Batch>(batch, mixture);
  };
}

/** `[batch, rows, columns]`: where the model sees evidence of each image's class. */
function lookForEvidence(
  model: ReturnType<FactoryContext["models"]["get"]>,
  batch: Batch,
  labels: tf.Tensor2D,
  { camWeights, map, mapMode }: Required<SnapmixOptions>,
): tf.Tensor3D {
  return tf.tidy(() => {
    const outputs = model.forward(batch, mapMode);
    const features = need(outputs, "features", name, `The model of role "${map}" must output its last map.`);
    const gated = camWeights !== "classifier";
    const gate = gated ? need(outputs, "gate", name, gateRemedy(map)) : undefined;
    const classed = camWeights !== "se-only";
    const classifier = classed ? need(model, "classifier", name, classifierRemedy(map)).weight : undefined;
    return evidenceMap(
      features,
      channelWeights(camWeights, { labels, classifier, gate, pooledScale: outputs.pooledScale }),
    );
  });
}

const gateRemedy = (role: Role) =>
  `Give the model of role "${role}" a squeeze-excite head, or set camWeights to "classifier".`;
const classifierRemedy = (role: Role) =>
  `Give the model of role "${role}" a linear classifier on pooled features, or set camWeights to "se-only".`;
