/** The ways to tell where a network looks, by name. */
import * as tf from "@tensorflow/tfjs";
import type { Model, Want } from "../models/model.js";
import { channelSum, channelWeights, innerGradient, spatialAttention, standardizedMaps } from "../ops/index.js";
import { invalidOption, unknownName } from "../values/errors.js";
import type { Batch, Outputs } from "../values/records.js";
import { gradCam, gradCamPlusPlus } from "./gradient-maps.js";
import { attentionRollout } from "./rollout.js";

/** A network before some images, and what it has answered. */
export interface Looking {
  readonly model: Model;
  readonly batch: Batch;
  readonly outputs: Outputs;
  /** `[batch, classes]`, one-hot: the class that is asked about, of each image. */
  readonly labels: tf.Tensor2D;
  /** Of gradient methods, name of the inner map that they look at. Default: the last, or the last that answering tokens see. */
  readonly map?: string | undefined;
}

/** A way to tell where a network looks. */
export interface ExplainMethod {
  /** Whether the map is of the class that is asked about; else it is the same for all. */
  readonly ofClass: boolean;
  /** What is nothing in the map: what is 0 or less, or its smallest value. */
  readonly floor: "zero" | "smallest";
  /** Whether it looks at any inner map of the network, by gradients. */
  readonly ofAnyMap: boolean;
  /** What the network lacks for it, in words that follow "which". `undefined`: nothing. */
  lacks(model: Model, outputs: Outputs): string | undefined;
  /** `[batch, rows, columns]`; `undefined` where the logits turn out not to depend on what is looked at. */
  map(looking: Looking): tf.Tensor3D | undefined;
}

/** Methods by name, in the order in which `auto` tries them. */
export const explainMethods = {
  /** CAM with the gate's and the classifier's weights: the map that DADKD mixes by. */
  "channel-attention": {
    ofClass: true,
    floor: "smallest",
    ofAnyMap: false,
    lacks: ({ classifier }, { features, gate }) =>
      features && classifier && gate ? undefined : "needs a squeeze-excite head",
    map: (looking) => weighed("se-classifier", looking),
  },
  /** The last map, its channels weighed by the classifier. */
  cam: {
    ofClass: true,
    floor: "smallest",
    ofAnyMap: false,
    lacks: ({ classifier }, { features }) =>
      features && classifier ? undefined : "needs a linear classifier on pooled features",
    map: (looking) => weighed("classifier", looking),
  },
  /** Attention rollout of a transformer, from its answering tokens to the patches. */
  rollout: {
    ofClass: false,
    floor: "zero",
    ofAnyMap: false,
    lacks: ({ tokens }) => (tokens ? undefined : "needs a transformer that gives its attention"),
    map: ({ model, batch }) => {
      const { attention } = model.forward(batch, "eval", { attention: true });
      return attention && model.tokens && attentionRollout(attention, model.tokens.count);
    },
  },
  /** Channels weighed by the mean gradient of the class's logit. */
  "grad-cam": {
    ofClass: true,
    floor: "zero",
    ofAnyMap: true,
    lacks: lacksMap,
    map: (looking) => byGradient(gradCam, looking),
  },
  /** Channels weighed by positive gradients, place by place. */
  "grad-cam++": {
    ofClass: true,
    floor: "zero",
    ofAnyMap: true,
    lacks: lacksMap,
    map: (looking) => byGradient(gradCamPlusPlus, looking),
  },
  /** Where the last map is active, above its mean: the map that OR-ensembles keep apart. */
  "spatial-attention": {
    ofClass: false,
    floor: "zero",
    ofAnyMap: false,
    lacks: (_, { features }) => (features ? undefined : "needs a last map among the network's outputs"),
    map: ({ outputs: { features } }) => features && standardizedMaps(spatialAttention(features)),
  },
} as const satisfies Readonly<Record<string, ExplainMethod>>;

/** One that is known by name, or `auto`: the first that the network has all for. */
export type ExplainMethodName = keyof typeof explainMethods | "auto";

const byName: Readonly<Record<string, ExplainMethod>> = explainMethods;

/** @throws FGKD_UNKNOWN_NAME for a name that is neither `auto` nor a method's */
export function checkExplainMethod(name: string): void {
  const known = ["auto", ...Object.keys(byName)];
  if (!known.includes(name)) throw unknownName("explain method", name, known, "Name one of these.");
}

/** A method, and the inner map that it looks at where that is not the usual one. */
export interface ChosenMethod {
  readonly name: string;
  readonly method: ExplainMethod;
  readonly map?: string | undefined;
}

/**
 * @param role whose model it is, for messages
 * @param map the inner map that is asked for
 * @param side of the images that the network itself sees, in pixels
 * @throws FGKD_UNKNOWN_NAME; FGKD_INVALID_OPTION for a method that the network lacks something for, and for a map that it does not look at
 */
export function chooseExplainMethod(
  { method: asked, map, role }: { readonly method: string; readonly map?: string | undefined; readonly role: string },
  model: Model,
  outputs: Outputs,
  side: number,
): ChosenMethod {
  checkExplainMethod(asked);
  const able = Object.entries(byName).filter(([, method]) => method.lacks(model, outputs) === undefined);
  const fine = asked === "auto" && map === undefined ? finerMap(model, outputs, side) : undefined;
  if (fine !== undefined) return { name: "grad-cam", method: byName["grad-cam"] as ExplainMethod, map: fine };
  const fits = able.filter(([, { ofAnyMap }]) => map === undefined || ofAnyMap);
  const found = asked === "auto" ? fits[0] : fits.find(([name]) => name === asked);
  if (found) return { name: found[0], method: found[1], map };
  const isLacking = able.every(([name]) => name !== asked);
  throw unable(role, asked, isLacking ? byName[asked]?.lacks(model, outputs) : "looks at the last map alone", fits);
}

/** Cells along a side that a map has at least, to be worth a look where the last one has a single cell. */
const fineEnough = 4;

/** The deepest map of a level with some cells, of a network whose last map has one: small images end so. */
function finerMap({ maps = [] }: Model, { features }: Outputs, side: number): string | undefined {
  if (!features || features.shape[1] * features.shape[2] > 1) return undefined;
  return maps.findLast(({ stride, endsLevel }) => endsLevel && side / stride >= fineEnough)?.name;
}

/** @param lacks what, in words that follow "which" */
export function unable(
  role: string,
  asked: string,
  lacks = "needs a last map, or attention, among what a network gives",
  able: readonly (readonly [string, unknown])[] = [],
): Error {
  const names = able.map(([name]) => name).filter((name) => name !== asked);
  const remedy =
    names.length > 0
      ? `Try --method ${names[0]}; it has ${names.join(", ")}.`
      : "See docs/guides/explain.md for what a backbone must give.";
  return invalidOption(
    "explain",
    "method",
    `one that the model ${role} has what it takes for, which ${asked} has not: it ${lacks}`,
    asked,
    remedy,
  );
}

function weighed(mode: "classifier" | "se-classifier", { model, outputs, labels }: Looking): tf.Tensor3D | undefined {
  const { features, gate, pooledScale } = outputs;
  if (!features || !model.classifier) return undefined;
  const sources = { labels, classifier: model.classifier.weight, gate, pooledScale };
  return tf.tidy(() => channelSum(features, channelWeights(mode, sources)));
}

function lacksMap({ tokens }: Model, { features }: Outputs): string | undefined {
  if (tokens) return tokens.seen === undefined ? "needs a block before the last" : undefined;
  return features ? undefined : "needs a last map among the network's outputs";
}

/** Each image's logit depends on its own features alone: one gradient of their sum is that of each. */
function byGradient(
  combine: (features: tf.Tensor4D, gradient: tf.Tensor4D) => tf.Tensor3D,
  { model, batch, labels, map: seen = model.tokens?.seen }: Looking,
): tf.Tensor3D | undefined {
  const want: Want = seen === undefined ? {} : { maps: [seen], throughMaps: true };
  return tf.tidy(() => {
    const found = innerGradient(() => {
      const { logits, features, maps } = model.forward(batch, "eval", want);
      // What `lacks` has found, the same network gives again; a map that it does not have it refuses.
      const inner = (seen === undefined ? features : maps?.[seen]) as tf.Tensor4D;
      return { value: (logits as tf.Tensor2D).mul(labels).sum<tf.Scalar>(), inner };
    });
    return found && combine(found.inner, found.gradient);
  });
}
